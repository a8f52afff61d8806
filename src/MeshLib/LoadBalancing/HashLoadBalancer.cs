namespace MeshLib;

/// <summary>
/// Requests of one key go to one endpoint, whoever sends them, for as long as it is there. The table is that of all members, and a key whose endpoint may not receive traffic goes on by it: so a breaker that opens
/// costs no new table, moves no other key, and parts two processes of which only one has noticed over the keys of that endpoint alone.
/// <para>
/// Shares are those that the registry gives: an endpoint that warms up has its keys at once, for moving them in by and by would lose what it caches for them.
/// </para>
/// </summary>
/// <param name="keys">What a request's key is.</param>
/// <param name="boundedLoad">How many times its share of the attempts in flight an endpoint may have; 0 for any number.</param>
/// <param name="random">Chance for requests without a key.</param>
internal abstract class HashLoadBalancer<TTable>(RequestHash keys, double boundedLoad, Random random) : LoadBalancer
    where TTable : HashTable
{
    private IReadOnlyList<MeshEndpoint> _members = [];
    private bool _weightless;
    private int[] _places = [];
    private HashedHost[] _hosts = [];
    private TTable? _table;

    /// <inheritdoc/>
    public override bool NeedsWholeSet => true;

    /// <inheritdoc/>
    public override EndpointPicker CreatePicker(IReadOnlyList<MeshEndpoint> endpoints) => CreatePicker(endpoints, endpoints);

    /// <inheritdoc/>
    public override EndpointPicker CreatePicker(IReadOnlyList<MeshEndpoint> endpoints, IReadOnlyList<MeshEndpoint> members)
    {
        if (endpoints.Count == 0)
        {
            return new EmptyPicker();
        }

        // Endpoints without weight are left out unless there are no others.
        var weightless = endpoints.All(static endpoint => endpoint.Metadata.Weight == 0);
        if (!ReferenceEquals(members, _members) || weightless != _weightless)
        {
            Place(members, weightless);
        }

        var alive = EndpointParts.Mark(members, endpoints);
        var live = Array.ConvertAll(_places, i => alive[i] ? members[i] : null);
        return new HashPicker(_table!, live, keys, boundedLoad > 0 ? new BoundedLoad(live, _hosts, boundedLoad) : null, random);
    }

    /// <summary>The table of <paramref name="hosts"/>; <paramref name="previous"/> is the one before the change, if there is one.</summary>
    protected abstract TTable CreateTable(IReadOnlyList<HashedHost> hosts, TTable? previous);

    private void Place(IReadOnlyList<MeshEndpoint> members, bool weightless)
    {
        // Two that differ by a slash only are one place, and it must not count twice.
        int[] places = [.. Enumerable.Range(0, members.Count).Where(i => members[i].Metadata.Weight == 0 == weightless).DistinctBy(i => members[i].Prefix)];
        var hosts = Array.ConvertAll(places, i => new HashedHost(members[i].Prefix, Math.Max(members[i].Metadata.Weight, 1)));
        if (_table is null || !hosts.AsSpan().SequenceEqual(_hosts))
        {
            (_hosts, _table) = (hosts, CreateTable(hosts, _table));
        }

        (_members, _weightless, _places) = (members, weightless, places);
    }

    private sealed class EmptyPicker : EndpointPicker
    {
        public override MeshEndpoint? Pick(MeshCall call) => null;
    }
}
