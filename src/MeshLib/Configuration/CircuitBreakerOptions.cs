namespace MeshLib;

/// <summary>When an instance gets no more calls, and for how long; a part of <see cref="MeshPolicy"/> that all clients of a service share.</summary>
public sealed class CircuitBreakerOptions
{
    /// <summary>The failures in a row that open the breaker of an instance.</summary>
    /// <value>Default 5; from 1 to 1000000.</value>
    public int? ConsecutiveFailures { get; set; }

    /// <summary>The share of failures over <see cref="Window"/> that opens it.</summary>
    /// <value>Default 0.5; from 0.01 to 1.</value>
    public double? FailureRatio { get; set; }

    /// <summary>The calls in <see cref="Window"/> below which <see cref="FailureRatio"/> says nothing.</summary>
    /// <value>Default 20; from 1 to 1000000.</value>
    public int? MinimumThroughput { get; set; }

    /// <summary>The time over which <see cref="FailureRatio"/> is taken.</summary>
    /// <value>Default 10 s; from 500 ms to 1 h.</value>
    public TimeSpan? Window { get; set; }

    /// <summary>The first break; each probe that fails makes the next one longer.</summary>
    /// <value>Default 1 s, or <see cref="MaxBreakDuration"/> where that is shorter; from 1 ms to <see cref="MaxBreakDuration"/>.</value>
    public TimeSpan? BreakDuration { get; set; }

    /// <summary>The longest break.</summary>
    /// <value>Default 60 s; from 1 ms to 24 days.</value>
    public TimeSpan? MaxBreakDuration { get; set; }
}
