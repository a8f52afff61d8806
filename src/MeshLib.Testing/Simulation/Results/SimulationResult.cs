using System.Globalization;

namespace MeshLib.Testing.Simulation;

/// <summary>What clients saw in one run, and where it went. Equal seeds give equal results to the last bit.</summary>
public sealed class SimulationResult
{
    private readonly LatencyHistogram _latencies;

    internal SimulationResult(LatencyHistogram latencies) => _latencies = latencies;

    /// <summary>The scenario's name.</summary>
    public required string Scenario { get; init; }

    /// <summary>Who sent the requests.</summary>
    public required string Client { get; init; }

    /// <summary>The seed; a test that fails should print it, or the whole result.</summary>
    public required int Seed { get; init; }

    /// <summary>Calls counted.</summary>
    public required long Calls { get; init; }

    /// <summary>The part of them that had a good answer in time, 0 to 1. What had none at the end of the run had none.</summary>
    public required double Success { get; init; }

    /// <summary>Requests that reached a server, or were refused by one, for each call.</summary>
    public required double Amplification { get; init; }

    /// <summary>Each server's part of the requests, in the scenario's order.</summary>
    public required IReadOnlyList<double> Shares { get; init; }

    /// <summary>The run over time, warm-up included.</summary>
    public required IReadOnlyList<SimulationInterval> Timeline { get; init; }

    /// <summary>A hash over every call: when it began and ended, and how. Two runs with the same one were the same run.</summary>
    public required ulong Fingerprint { get; init; }

    /// <summary>The median latency.</summary>
    public TimeSpan P50 => Latency(0.5);

    /// <summary>The latency that one call in a hundred exceeded.</summary>
    public TimeSpan P99 => Latency(0.99);

    /// <summary>The latency that one call in a thousand exceeded.</summary>
    public TimeSpan P999 => Latency(0.999);

    /// <summary>A quantile of what callers waited, failures included; within 0.02 %.</summary>
    /// <param name="quantile">0 to 1.</param>
    public TimeSpan Latency(double quantile)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(quantile, 0);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(quantile, 1);
        return _latencies.Quantile(quantile);
    }

    /// <summary>The run in one line, the seed first.</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"seed {Seed}: {Client} on {Scenario}: {Success:P3} of {Calls} calls, p50 {P50.TotalMilliseconds:F1} ms, p99 {P99.TotalMilliseconds:F1} ms, p99.9 {P999.TotalMilliseconds:F1} ms, {Amplification:F3} requests per call");
}
