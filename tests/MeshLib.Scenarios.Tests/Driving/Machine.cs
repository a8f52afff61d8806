using System.Collections.Concurrent;

namespace MeshLib.Scenarios.Tests;

/// <summary>
/// Watches whether this machine keeps up. Scenarios have limits of a few hundred milliseconds: a machine that stands still for as long breaks them all by itself, so what was
/// measured on it is no evidence for or against the mesh, and the test is skipped and says so.
/// </summary>
internal static class Machine
{
    private static readonly TimeSpan s_beat = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan s_tolerable = TimeSpan.FromMilliseconds(120);
    private static readonly ConcurrentQueue<(long At, TimeSpan Lag)> s_stalls = new();

    static Machine() => _ = Task.Run(WatchAsync);

    /// <summary>A point in time to ask <see cref="SkipIfItStoodStill"/> about.</summary>
    public static long Now() => TimeProvider.System.GetTimestamp();

    /// <summary>Skips the test when timers or the thread pool were late by more than a scenario bears.</summary>
    public static void SkipIfItStoodStill(long since)
    {
        var worst = s_stalls.Where(stall => stall.At >= since).Select(stall => stall.Lag).DefaultIfEmpty().Max();
        Assert.SkipWhen(worst > s_tolerable, $"The machine stood still for {worst.TotalMilliseconds:0} ms: nothing that was measured meanwhile is evidence.");
    }

    private static async Task WatchAsync()
    {
        while (true)
        {
            var asked = Now();
            await Task.Delay(s_beat, TimeProvider.System);
            var lag = TimeProvider.System.GetElapsedTime(asked) - s_beat;
            if (lag > s_tolerable)
            {
                s_stalls.Enqueue((Now(), lag));
            }
        }
    }
}
