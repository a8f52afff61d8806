using Microsoft.Extensions.Logging;

namespace MeshLib;

/// <summary>
/// What the balancer of a set balances among: zone by zone where zones are in play, and a subset where the set is large. Each zone has a balancer of its own, so that their positions are kept. The set's
/// control lock guards it.
/// </summary>
internal sealed partial class ZonedBalancer(string service, Func<GuardedBalancer> create, OwnService own, MonotonicClock clock, Random random, ILogger logger)
{
    /// <summary>By how much of all calls a zone's share has to be wrong for a new plan, in basis points: less is what reports vary by.</summary>
    private const int WorthAPlan = 500;

    /// <summary>How often reports are read for that. Instances measure over some seconds, and what one plan has moved must show before the next.</summary>
    private static readonly TimeSpan Pace = TimeSpan.FromSeconds(10);

    /// <summary>Above so many, what is called a zone is something else, and a balancer for each would be no balancing.</summary>
    private const int MostZones = 64;

    private readonly GuardedBalancer _whole = create();
    private readonly Dictionary<string, GuardedBalancer> _zones = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, double> _heard = new(StringComparer.OrdinalIgnoreCase);
    private readonly long _seed = random.NextInt64();
    private bool _large;
    private bool _spilling;
    private int[]? _shares;
    private long _weighedAt;

    /// <summary>Whether the last plan would be another one from another standpoint.</summary>
    public bool DependsOnStandpoint { get; private set; }

    /// <param name="all">The members of the set.</param>
    /// <param name="live">Those that may receive traffic; at least one.</param>
    /// <param name="panic">Whether they are taken for all that there are: then every one is needed, wherever it is.</param>
    /// <param name="policy">The service's policy.</param>
    public PickPlan Plan(IReadOnlyList<MeshEndpoint> all, IReadOnlyList<MeshEndpoint> live, bool panic, EffectivePolicy policy)
    {
        var balancer = policy.LoadBalancing;

        // Where the mesh only resolves, it is to have no say in who is called.
        var divisible = policy.Mode != MeshMode.Resolve && !_whole.NeedsWholeSet(balancer);
        var zoned = divisible && policy.Zone.Enabled && !panic && SeveralZones(all);
        var large = divisible && policy.Subsetting.Enabled && all.Count >= policy.Subsetting.MinEndpoints;
        DependsOnStandpoint = zoned || large;
        if (!large && _large)
        {
            EndpointSubset.Undo(all);
        }

        _large = large;
        _shares = null;
        var standpoint = DependsOnStandpoint ? own.Look() : Standpoint.Unknown;
        if (zoned && PlanZones(all, live, standpoint, policy) is { } plan)
        {
            return plan;
        }

        NoteSpill(null, 1);
        var subset = large ? EndpointSubset.Of(all, live, standpoint.Place, policy.Subsetting, _seed) : null;
        var used = subset?.Used ?? live;
        return new(_whole.CreatePicker(balancer, used, subset?.Scope ?? all), used, Scope: subset?.Scope);
    }

    /// <summary>The beat. Whether what instances report by now would have the zones share so differently that it is worth a new plan; all else that a plan depends on brings one by itself.</summary>
    /// <param name="all">The members of the set.</param>
    /// <param name="live">Those that may receive traffic, as the last plan had them.</param>
    /// <param name="policy">The service's policy.</param>
    public bool IsOutweighed(IReadOnlyList<MeshEndpoint> all, IReadOnlyList<MeshEndpoint> live, EffectivePolicy policy)
    {
        if (_shares is not { } planned || clock.Between(_weighedAt, clock.Now()) < Pace)
        {
            return false;
        }

        _weighedAt = clock.Now();
        var standpoint = own.Look();
        return all.Any(static endpoint => endpoint.ReportedLoad is not null)
            && standpoint.Zone is { } zone
            && Reckon(all, live, zone, standpoint.Callers, policy) is var (_, shares)
            && shares.Zip(planned).Any(static share => Math.Abs(share.First - share.Second) >= WorthAPlan);
    }

    /// <summary>The endpoint of one attempt.</summary>
    public MeshEndpoint? Pick(EndpointSnapshot snapshot, MeshCall call) => _whole.Pick(snapshot, call);

    private static bool SeveralZones(IReadOnlyList<MeshEndpoint> all)
    {
        for (var i = 1; i < all.Count; i++)
        {
            if (!SameZone(all[i].Metadata.Zone, all[0].Metadata.Zone))
            {
                return true;
            }
        }

        return false;
    }

    private static bool SameZone(string? one, string? other) => string.Equals(one, other, StringComparison.OrdinalIgnoreCase);

    private PickPlan? PlanZones(IReadOnlyList<MeshEndpoint> all, IReadOnlyList<MeshEndpoint> live, Standpoint standpoint, EffectivePolicy policy)
    {
        if (standpoint.Zone is not { } zone)
        {
            if (!standpoint.IsZoneSought)
            {
                own.NoteZoneUnknown(service);
            }

            return null;
        }

        if (Reckon(all, live, zone, standpoint.Callers, policy) is not var (groups, shares))
        {
            return null;
        }

        (_shares, _weighedAt) = (shares, clock.Now());
        var elsewhere = new int[groups.Count];
        ZoneSpill.Spread(ZoneSpill.Whole, [0, .. groups.Skip(1).Select(static group => group.Capacity)], elsewhere);
        elsewhere[0] = 0;

        var (pickers, used, peers) = (new List<EndpointPicker>(), new List<int>(), new List<MeshEndpoint>());
        var scope = _large ? new List<MeshEndpoint>() : null;
        for (var i = 0; i < groups.Count; i++)
        {
            var group = groups[i];
            var subset = _large ? EndpointSubset.Of(group.All, group.Live, standpoint.PlaceInZone, policy.Subsetting, _seed) : null;

            // Zones that get nothing now too: when they are needed it is too late to find out who of them is well.
            scope?.AddRange(subset!.Scope);
            if (group.Live.Count == 0)
            {
                continue;
            }

            var members = subset?.Used ?? group.Live;
            pickers.Add(BalancerOf(group.Name).CreatePicker(policy.LoadBalancing, members, subset?.Scope ?? group.All));
            used.Add(i);
            if (shares[i] > 0)
            {
                peers.AddRange(members);
            }
        }

        Forget(groups);
        var localShare = (double)shares[0] / ZoneSpill.Whole;
        NoteSpill(zone, localShare);
        var picker = new ZonePicker([.. pickers], [.. used.Select(i => shares[i])], [.. used.Select(i => elsewhere[i])], random);
        return new(picker, peers, localShare, scope);
    }

    /// <summary>The zones, the own one first, and the share of each in basis points; <see langword="null"/> where the own one is none to prefer.</summary>
    private (List<ZoneGroup> Groups, int[] Shares)? Reckon(IReadOnlyList<MeshEndpoint> all, IReadOnlyList<MeshEndpoint> live, string zone, IReadOnlyDictionary<string, double>? callers, EffectivePolicy policy)
    {
        var groups = ZoneGroup.Of(all, live, policy.Zone.Overprovisioning, clock.Now(), _heard);
        var home = groups.FindIndex(group => SameZone(group.Name, zone));
        if (home < 0 || groups.Count > MostZones || groups[home].All.Count < policy.Zone.MinEndpointsPerZone || groups.All(static group => group.Capacity == 0))
        {
            return null;
        }

        // The own zone first, as the reckoning has it.
        (groups[0], groups[home]) = (groups[home], groups[0]);
        return (groups, policy.Zone.Failover.Count > 0 ? InOrder(groups, policy.Zone.Failover) : WhereThereIsRoom(groups, callers));
    }

    private static int[] WhereThereIsRoom(List<ZoneGroup> groups, IReadOnlyDictionary<string, double>? callers)
    {
        var demand = groups.ConvertAll(group => callers is null ? group.Name.Length > 0 ? 1.0 : 0 : callers.GetValueOrDefault(group.Name));
        var supply = groups.ConvertAll(static group => group.Capacity);

        // Zones with callers and no endpoint: all that they send goes elsewhere.
        var names = NamesOf(groups);
        foreach (var (zone, weight) in callers ?? new Dictionary<string, double>())
        {
            if (!names.Contains(zone))
            {
                demand.Add(weight);
                supply.Add(0);
            }
        }

        return ZoneSpill.Of([.. demand], [.. supply]);
    }

    private static int[] InOrder(List<ZoneGroup> groups, IReadOnlyList<string> failover)
    {
        // Level 0 is the own zone, then each that is named, and behind them all others together.
        var levels = groups.ConvertAll(group =>
        {
            var named = failover.Select(static (name, index) => (name, index)).FirstOrDefault(zone => SameZone(zone.name, group.Name), (name: "", index: failover.Count));
            return ReferenceEquals(group, groups[0]) ? 0 : named.index + 1;
        });
        var health = new int[failover.Count + 2];
        for (var level = 0; level < health.Length; level++)
        {
            var members = groups.Where((_, index) => levels[index] == level).ToList();

            // As of a zone, whatever is left of a level counts.
            var (capacity, nominal) = (members.Sum(static group => group.Capacity), members.Sum(static group => group.Nominal));
            health[level] = capacity > 0 ? Math.Max(1, (int)Math.Round(100 * capacity / nominal)) : 0;
        }

        var shares = new int[groups.Count];
        var loads = PriorityLoad.Of(health);
        for (var level = 0; level < loads.Length; level++)
        {
            ZoneSpill.Spread(loads[level] * ZoneSpill.Whole / 100, [.. groups.Select((group, index) => levels[index] == level ? group.Capacity : 0)], shares);
        }

        return shares;
    }

    private GuardedBalancer BalancerOf(string zone)
    {
        if (!_zones.TryGetValue(zone, out var balancer))
        {
            _zones[zone] = balancer = create();
        }

        return balancer;
    }

    private void Forget(List<ZoneGroup> groups)
    {
        var names = NamesOf(groups);
        foreach (var gone in _zones.Keys.Where(zone => !names.Contains(zone)).ToList())
        {
            _zones.Remove(gone);
            _heard.Remove(gone);
        }
    }

    private static HashSet<string> NamesOf(List<ZoneGroup> groups) => groups.Select(static group => group.Name).ToHashSet(StringComparer.OrdinalIgnoreCase);

    private void NoteSpill(string? zone, double localShare)
    {
        var spilling = localShare < 1;
        if (spilling != _spilling)
        {
            _spilling = spilling;
            if (spilling)
            {
                LogSpills(logger, service, zone!, localShare);
            }
            else
            {
                LogSpillEnds(logger, service);
            }
        }
    }

    [LoggerMessage(222, LogLevel.Information, "Calls to {Service} spill out of zone {Zone}, which can carry {LocalShare:P0} of them.")]
    private static partial void LogSpills(ILogger logger, string service, string zone, double localShare);

    [LoggerMessage(223, LogLevel.Information, "Calls to {Service} no longer spill out of their zone.")]
    private static partial void LogSpillEnds(ILogger logger, string service);
}
