namespace MeshLib;

/// <summary>How an instance is chosen; a part of <see cref="MeshPolicy"/> that all clients of a service share.</summary>
public sealed class LoadBalancingOptions
{
    /// <summary>The name of the balancer.</summary>
    /// <value>Default <c>PeakEwma</c>; also <c>LeastRequest</c>, <c>RoundRobin</c>, <c>Random</c> and the names given to <c>AddLoadBalancer</c>.</value>
    public string? Policy { get; set; }

    /// <summary>The share of instances that the registry calls healthy, below which the others are used as well: better a doubtful instance than an overrun one. Instances that their peers' figures have ejected count as the unhealthy ones do. Open breakers stay open.</summary>
    /// <value>Default 0.5; from 0 (never) to 1.</value>
    public double? PanicThreshold { get; set; }

    /// <summary>
    /// How long an instance that joins proven peers, or comes back to them after a break, an ejection or a time of ill health, takes to get its full share: its weight begins at a tenth and grows with time.
    /// Instances that start together have nobody to spare them. Envoy's slow start.
    /// </summary>
    /// <value>Default 30 s; from 0 (off) to 1 h.</value>
    public TimeSpan? SlowStart { get; set; }
}
