namespace MeshLib.Consul;

/// <summary>
/// When a failed watch asks again. The first retries come quickly, with full jitter (Brooker, "Exponential Backoff And Jitter", 2015). An outage
/// that outlives them is waited for in slots: every watch keeps its own second of a common cycle, so that a registry which comes back is asked
/// by all of them evenly over one cycle. Full jitter at the same ceiling would send a third of them in the first second. Belongs to one loop.
/// </summary>
/// <param name="clock">The clock, whose origin all slots count from.</param>
/// <param name="random">The source of jitter.</param>
/// <param name="slot">The watch's place in the cycle, from 0 to 1.</param>
internal sealed class RetrySchedule(MonotonicClock clock, Random random, double slot)
{
    // Fresh within 6 s of the agent's return asks for less than that; a fifth of all watches in any second asks for at least 5 s, and some room.
    private static readonly TimeSpan Cycle = TimeSpan.FromSeconds(5.25);

    private static readonly TimeSpan FirstCeiling = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan DeniedInterval = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan RejectedInterval = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan InvalidCeiling = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan LongestRetryAfter = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan RateLimitedInterval = TimeSpan.FromSeconds(5);

    /// <param name="failure">How the last request failed.</param>
    /// <param name="failures">How many have failed in a row, from 1.</param>
    public TimeSpan Next(ConsulException failure, int failures)
    {
        var ceiling = failures > 16 ? TimeSpan.MaxValue : FirstCeiling * (1 << (failures - 1));
        return failure.Failure switch
        {
            // A token that is not there yet comes from a person or a sidecar; asking faster only fills the audit log.
            ConsulFailure.Denied => DeniedInterval * (0.8 + (0.4 * random.NextDouble())),

            // Ours to mend: a wrong filter or datacenter stays wrong.
            ConsulFailure.Rejected => RejectedInterval * (0.9 + (0.2 * random.NextDouble())),
            ConsulFailure.RateLimited => Least(failure.RetryAfter ?? RateLimitedInterval, LongestRetryAfter) * (1 + (0.1 * random.NextDouble())),

            // A proxy's page can be gone in the next moment, and reading it again costs little.
            ConsulFailure.InvalidAnswer => Least(ceiling, InvalidCeiling) * random.NextDouble(),
            _ => Most(ceiling < Cycle ? ceiling * random.NextDouble() : UntilSlot(), Least(failure.RetryAfter ?? TimeSpan.Zero, LongestRetryAfter)),
        };
    }

    private static TimeSpan Most(TimeSpan a, TimeSpan b) => a > b ? a : b;

    private static TimeSpan Least(TimeSpan a, TimeSpan b) => a < b ? a : b;

    private TimeSpan UntilSlot()
    {
        var position = clock.SecondsBetween(0, clock.Now()) / Cycle.TotalSeconds % 1;
        var distance = slot - position;

        // Standing in the slot already means that it was used; rounding must not use it twice.
        return Cycle * (distance > 0.001 ? distance : distance + 1);
    }
}
