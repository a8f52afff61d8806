namespace MeshLib;

/// <summary>Everything that a request reads of an endpoint set: immutable, replaced whole when the set or its health changes.</summary>
internal sealed class EndpointSnapshot
{
    /// <summary>The set of a host that nobody resolves: requests go on untouched.</summary>
    public static EndpointSnapshot PassedThrough { get; } = new() { PassThrough = true };

    public bool PassThrough { get; private init; }

    /// <summary>Every known endpoint, in a fixed order.</summary>
    public IReadOnlyList<MeshEndpoint> All { get; init; } = [];

    /// <summary>The endpoints that may receive traffic.</summary>
    public IReadOnlyList<MeshEndpoint> Live { get; init; } = [];

    /// <summary>Chooses among <see cref="Live"/>; <see langword="null"/> when there are none.</summary>
    public EndpointPicker? Picker { get; init; }

    /// <summary>Those of <see cref="Live"/> that <see cref="Picker"/> chooses among as a rule, where zones or a subset make that fewer.</summary>
    public IReadOnlyList<MeshEndpoint> Peers { get; init; } = [];

    /// <summary>
    /// Those whom the mesh's own checks go to: all, or of a large set the part that this process uses or would use if it were well. Whoever was found unhealthy in it is checked until it is well,
    /// wherever the part has gone meanwhile: nobody else would find that out.
    /// </summary>
    public IReadOnlyList<MeshEndpoint> Checked { get; private init; } = [];

    /// <summary>Those of whom peers may eject a share: all, or of a large set <see cref="Peers"/> and whom they have ejected, since each of these has somebody who stands in for it.</summary>
    public IReadOnlyList<MeshEndpoint> Compared { get; private init; } = [];

    /// <summary>The share of calls that is meant for the own zone; <see langword="null"/> while zones are not in play.</summary>
    public double? LocalShare { get; init; }

    /// <summary>
    /// Takes <see cref="All"/> in turn and by weight, whatever their health: for calls that nobody may refuse. Made when it is first asked for, which where the mesh is enforced is never.
    /// </summary>
    public EndpointPicker? Everyone => AllInTurn?.Value;

    /// <summary>The endpoints whose breaker is not closed: they get their probes, and nothing else where the breaker is enforced.</summary>
    public IReadOnlyList<MeshEndpoint> CutOff { get; init; } = [];

    /// <summary>Whether so few endpoints are healthy that the unhealthy and the ejected ones get traffic too.</summary>
    public bool Panic { get; init; }

    /// <summary>Whether nobody is left to receive traffic but those that have announced to be away.</summary>
    public bool OnlyLeaving { get; private init; }

    /// <summary>Whether endpoints are compared with their peers, so that outcomes have to be counted.</summary>
    public bool ComparesPeers { get; private init; }

    /// <summary>Why discovery has not answered yet.</summary>
    public Exception? Problem { get; init; }

    private Lazy<EndpointPicker>? AllInTurn { get; init; }

    /// <summary>Sorts the members of a set by what they may receive.</summary>
    /// <param name="all">The members.</param>
    /// <param name="policy">The service's policy.</param>
    /// <param name="plan">Plans how those that may receive traffic do so, at least one, told whether there is panic.</param>
    /// <param name="turns">Makes <see cref="Everyone"/>, whose position outlives the snapshot.</param>
    public static EndpointSnapshot Of(IReadOnlyList<MeshEndpoint> all, EffectivePolicy policy, Func<IReadOnlyList<MeshEndpoint>, bool, PickPlan> plan, RoundRobinLoadBalancer turns)
    {
        // Nobody stands in for a lone external host: cutting it off would only add outages.
        var enforce = policy.Mode == MeshMode.Enforce && !(policy.External && all.Count == 1);

        // Who is away, by its own word or by somebody's order, is not there to be reckoned with.
        var known = all.Count(static endpoint => !endpoint.Health.IsAway);
        var healthy = all.Count(static endpoint => !endpoint.Health.IsAway && IsWell(endpoint));

        // Too few healthy ones would drown in the traffic of all: better a sick endpoint than a drowned one. Breaker-open endpoints stay out all the same.
        var panic = known > healthy && healthy < policy.LoadBalancing.PanicThreshold * known;
        var cutOff = new List<MeshEndpoint>();
        var live = new List<MeshEndpoint>(all.Count);
        var (ejected, unhealthy) = (new List<MeshEndpoint>(), new List<MeshEndpoint>());
        foreach (var endpoint in all)
        {
            if (endpoint.Health.Outlier.IsEjected)
            {
                ejected.Add(endpoint);
            }

            if (endpoint.Health.Check is { IsUnhealthy: true })
            {
                unhealthy.Add(endpoint);
            }

            if (enforce && (endpoint.Health.IsAway || !(IsWell(endpoint) || panic)))
            {
                continue;
            }

            // Where it is only observed a breaker has its probes all the same, or it would never close again; but one of somebody who is away could find out nothing.
            var open = endpoint.Breaker.State != BreakerState.Closed;
            if (open && !endpoint.Health.IsAway)
            {
                cutOff.Add(endpoint);
            }

            if (!(open && enforce))
            {
                live.Add(endpoint);
            }
        }

        var onlyLeaving = live.Count == 0;
        if (onlyLeaving)
        {
            // Better somebody who is about to leave than a refusal.
            foreach (var endpoint in all.Where(static endpoint => endpoint.Health.IsLeaving))
            {
                (endpoint.Breaker.State == BreakerState.Closed ? live : cutOff).Add(endpoint);
            }
        }

        var planned = live.Count == 0 ? default(PickPlan?) : plan(live, panic);
        var peers = planned?.Peers ?? all;
        var scope = planned?.Scope;
        var compared = scope is null ? all : [.. peers.Union(ejected)];
        return new()
        {
            All = all,
            Live = live,
            CutOff = cutOff,
            Panic = panic,
            OnlyLeaving = onlyLeaving,
            ComparesPeers = policy.OutlierDetection.Enabled && compared.Count >= policy.OutlierDetection.MinimumEndpoints,
            Picker = planned?.Picker,
            Peers = peers,
            Checked = scope is null ? all : [.. scope.Union(unhealthy)],
            Compared = compared,
            LocalShare = planned?.LocalShare,
            AllInTurn = new(() => turns.CreatePicker(all)),
        };
    }

    /// <summary>The endpoint that a request is pinned to, whatever its health.</summary>
    public MeshEndpoint? Find(Uri address)
    {
        foreach (var endpoint in All)
        {
            if (endpoint.Address == address)
            {
                return endpoint;
            }
        }

        return null;
    }

    private static bool IsWell(MeshEndpoint endpoint) => endpoint.IsHealthy && !endpoint.Health.Outlier.IsEjected;

    /// <summary>Whether an endpoint that may receive traffic, and has not been cut off since, has not been tried by <paramref name="call"/>.</summary>
    public bool HasUntried(MeshCall call)
    {
        foreach (var endpoint in Live)
        {
            if (endpoint.Breaker.State == BreakerState.Closed && !call.HasTried(endpoint))
            {
                return true;
            }
        }

        return false;
    }
}
