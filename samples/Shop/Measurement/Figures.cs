namespace Shop.Measurement;

/// <summary>What one stack made of one incident.</summary>
/// <param name="Requests">Calls that were made.</param>
/// <param name="Succeeded">Calls that ended with a 2xx answer, read to its end.</param>
/// <param name="P50Ms">Median latency of the successful calls, from the instant they were due; null when there were none.</param>
/// <param name="P99Ms">The 99th percentile of the same.</param>
/// <param name="Attempts">Requests that reached an instance, as the instances counted them.</param>
/// <param name="Failures">How the other calls ended: a status code or the type of an exception, with its count.</param>
internal sealed record Figures(int Requests, int Succeeded, double? P50Ms, double? P99Ms, long Attempts, IReadOnlyDictionary<string, int> Failures)
{
    /// <summary>The share of attempts, in percent, that reached the struck instance once there was time to notice; null where it is not counted.</summary>
    public double? ToStruck { get; init; }

    /// <summary>In percent.</summary>
    public double Success => Requests == 0 ? 0 : 100.0 * Succeeded / Requests;

    public double AttemptsPerRequest => Requests == 0 ? 0 : (double)Attempts / Requests;
}
