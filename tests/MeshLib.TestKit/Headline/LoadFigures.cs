namespace MeshLib.TestKit.Headline;

/// <summary>What a load saw.</summary>
/// <param name="Calls">Calls made.</param>
/// <param name="Succeeded">Calls that ended with a 2xx answer.</param>
/// <param name="Attempts">Attempts that reached an instance.</param>
/// <param name="P50">The median latency of the successful calls, from the instant they were due.</param>
/// <param name="P99">The 99th percentile of the same.</param>
/// <param name="Failures">How the others ended: a status code or the type of an exception, with its count.</param>
public sealed record LoadFigures(int Calls, int Succeeded, int Attempts, TimeSpan P50, TimeSpan P99, IReadOnlyDictionary<string, int> Failures)
{
    /// <summary>The share of successful calls, in percent.</summary>
    public double SuccessPercent => 100.0 * Succeeded / Calls;

    /// <summary>Attempts that reached an instance, per call.</summary>
    public double AttemptsPerCall => (double)Attempts / Calls;
}
