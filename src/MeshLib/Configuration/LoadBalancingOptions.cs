namespace MeshLib;

/// <summary>How an instance is chosen; a part of <see cref="MeshPolicy"/> that all clients of a service share.</summary>
public sealed class LoadBalancingOptions
{
    /// <summary>The name of the balancer. None of those built in ignores the weight that the registry gives an instance.</summary>
    /// <value>
    /// Default <c>PeakEwma</c>: latency, failures and attempts in flight. Also
    /// <c>LeastRequest</c>: the least busy of a few;
    /// <c>RoundRobin</c>: one after the other, by weight; <c>WeightedRoundRobin</c>: the same, and where instances report their load by what they can do;
    /// <c>Random</c> and <c>WeightedRandom</c>, two names of one balancer: by chance, by weight;
    /// <c>RingHash</c> and <c>Maglev</c>: requests of one <see cref="HashKey"/> to one instance;
    /// and the names given to <c>AddLoadBalancer</c>.
    /// </value>
    public string? Policy { get; set; }

    /// <summary>The share of instances that the registry calls healthy, below which the others are used as well: better a doubtful instance than an overrun one. Instances that their peers' figures have ejected count as the unhealthy ones do. Open breakers stay open.</summary>
    /// <value>Default 0.5; from 0 (never) to 1.</value>
    public double? PanicThreshold { get; set; }

    /// <summary>
    /// How much attempts in flight count against weight for <c>LeastRequest</c> where weights differ: of busy instances, the one is taken whose weight ÷ (attempts in flight + 1)^bias is the
    /// highest (Envoy's active_request_bias). 0 is by weight alone; above 1, a heavy instance has to be idler before it is preferred.
    /// </summary>
    /// <value>Default 1; from 0 to 10.</value>
    public double? LeastRequestBias { get; set; }

    /// <summary>The instances that <c>LeastRequest</c> compares for each attempt.</summary>
    /// <value>Default 2; from 2 to 32.</value>
    public int? LeastRequestChoices { get; set; }

    /// <summary>
    /// Where <c>RingHash</c> and <c>Maglev</c> find what a request is to be kept together by: <c>header:NAME</c> and <c>cookie:NAME</c>, the first that the request has. A key given to
    /// <see cref="MeshRequestExtensions.SetMeshHashKey"/> goes before all of them; requests without any go to a random instance.
    /// </summary>
    /// <value>Default none.</value>
    public IReadOnlyList<string>? HashKey { get; set; }

    /// <summary>
    /// How many times its share of the attempts in flight an instance may have before <c>RingHash</c> and <c>Maglev</c> send further keys elsewhere (consistent hashing with bounded
    /// loads, Mirrokni et al. 2018; Envoy's hash_balance_factor as a factor). 1.25 is a good one: a smaller one keeps loads closer, a greater one keeps more keys where they belong.
    /// </summary>
    /// <value>Default 0, any number; or from 1 to 10.</value>
    public double? BoundedLoad { get; set; }

    /// <summary>
    /// How long an instance that joins proven peers, or comes back to them after a break, an ejection or a time of ill health, takes to get its full share: its weight begins at a tenth and grows with time.
    /// Instances that start together have nobody to spare them. Envoy's slow start.
    /// </summary>
    /// <value>Default 30 s; from 0 (off) to 1 h.</value>
    public TimeSpan? SlowStart { get; set; }
}
