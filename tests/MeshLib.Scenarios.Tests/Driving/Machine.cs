using System.Collections.Concurrent;

namespace MeshLib.Scenarios.Tests;

/// <summary>
/// Watches whether this machine keeps up. Scenarios have limits of a few hundred milliseconds: a machine that stands still for as long breaks them all by itself. A failure
/// that was measured on such a machine is no evidence against the mesh: the scenario is run again, and skipped with the reason when the machine does not come to rest.
/// </summary>
internal static class Machine
{
    private const int MostRuns = 3;

    private static readonly TimeSpan s_beat = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan s_tolerable = TimeSpan.FromMilliseconds(100);
    private static readonly ConcurrentQueue<(long At, TimeSpan Lag)> s_stalls = new();

    static Machine() => _ = Task.Run(WatchAsync);

    /// <summary>Runs a scenario whose outcome depends on the machine's keeping up. A pass is a pass; a failure counts only if the machine did keep up.</summary>
    public static async Task MeasureAsync(Func<Task> scenario)
    {
        for (var run = 1; ; run++)
        {
            var begun = TimeProvider.System.GetTimestamp();
            try
            {
                await scenario();
                return;
            }
            catch (Exception failure) when (WorstStallSince(begun) is var stall && stall > s_tolerable)
            {
                Assert.SkipWhen(run == MostRuns, $"The machine stood still for {stall.TotalMilliseconds:0} ms, so this is no evidence: {failure.Message}");
            }
        }
    }

    private static TimeSpan WorstStallSince(long begun) => s_stalls.Where(stall => stall.At >= begun).Select(stall => stall.Lag).DefaultIfEmpty().Max();

    private static async Task WatchAsync()
    {
        while (true)
        {
            var asked = TimeProvider.System.GetTimestamp();
            await Task.Delay(s_beat, TimeProvider.System);
            var lag = TimeProvider.System.GetElapsedTime(asked) - s_beat;
            if (lag > s_tolerable)
            {
                s_stalls.Enqueue((TimeProvider.System.GetTimestamp(), lag));
            }
        }
    }
}
