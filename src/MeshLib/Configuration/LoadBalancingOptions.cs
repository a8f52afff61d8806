namespace MeshLib;

/// <summary>How an instance is chosen; a part of <see cref="MeshPolicy"/> that all clients of a service share.</summary>
public sealed class LoadBalancingOptions
{
    /// <summary>The name of the balancer.</summary>
    /// <value>Default <c>PeakEwma</c>; also <c>LeastRequest</c>, <c>RoundRobin</c>, <c>Random</c> and the names given to <c>AddLoadBalancer</c>.</value>
    public string? Policy { get; set; }

    /// <summary>The share of instances that the registry calls healthy, below which the others are used as well: better a doubtful instance than an overrun one. Open breakers stay open.</summary>
    /// <value>Default 0.5; from 0 (never) to 1.</value>
    public double? PanicThreshold { get; set; }
}
