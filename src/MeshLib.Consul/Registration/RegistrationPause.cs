namespace MeshLib.Consul;

/// <summary>How long to wait after the agent has failed or refused.</summary>
internal static class RegistrationPause
{
    private static readonly TimeSpan FirstCeiling = TimeSpan.FromMilliseconds(250);

    // A process is listed again, and so called, within 6 s of its agent's return.
    private static readonly TimeSpan LongestCeiling = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan DeniedInterval = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan RejectedInterval = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan LongestRetryAfter = TimeSpan.FromSeconds(60);

    /// <param name="failure">What went wrong.</param>
    /// <param name="failures">How often in a row, from 1.</param>
    /// <param name="random">The source of jitter.</param>
    public static TimeSpan After(Exception failure, int failures, Random random)
    {
        var backoff = Backoff.Next(failures, FirstCeiling, LongestCeiling, random);
        return failure switch
        {
            // A right that is missing comes from a person or a sidecar.
            ConsulException { Failure: ConsulFailure.Denied } => DeniedInterval * (0.8 + (0.4 * random.NextDouble())),

            // Ours to mend: Consul will refuse the same definition again.
            ConsulException { Failure: ConsulFailure.Rejected } => RejectedInterval * (0.9 + (0.2 * random.NextDouble())),
            ConsulException { RetryAfter: { } asked } => (asked < LongestRetryAfter ? asked : LongestRetryAfter) + backoff,
            _ => backoff,
        };
    }
}
