namespace MeshLib;

/// <summary>
/// Requests of one key go to one endpoint, whoever sends them, for as long as it is there. Shares are those that the registry gives: an endpoint that warms up has its keys at once, for moving
/// them in by and by would lose what it caches for them.
/// </summary>
/// <param name="keys">What a request's key is.</param>
/// <param name="boundedLoad">How many times its share of the attempts in flight an endpoint may have; 0 for any number.</param>
/// <param name="random">Chance for requests without a key.</param>
internal abstract class HashLoadBalancer<TTable>(RequestHash keys, double boundedLoad, Random random) : LoadBalancer
    where TTable : HashTable
{
    private HashedHost[] _hosts = [];
    private TTable? _table;

    /// <inheritdoc/>
    public override bool NeedsWholeSet => true;

    /// <inheritdoc/>
    public override EndpointPicker CreatePicker(IReadOnlyList<MeshEndpoint> endpoints)
    {
        // Two endpoints may differ by a slash only: they are one place, and it must not count twice.
        var candidates = new CandidateSet([.. endpoints.DistinctBy(static endpoint => endpoint.Prefix)]);
        if (candidates.Count == 0)
        {
            return new EmptyPicker();
        }

        var hosts = new HashedHost[candidates.Count];
        for (var i = 0; i < hosts.Length; i++)
        {
            var endpoint = candidates.All[i].Endpoint;
            hosts[i] = new(endpoint.Prefix, Math.Max(endpoint.Metadata.Weight, 1));
        }

        if (_table is null || !hosts.AsSpan().SequenceEqual(_hosts))
        {
            (_hosts, _table) = (hosts, CreateTable(hosts, _table));
        }

        return new HashPicker(_table, candidates, keys, boundedLoad > 0 ? new BoundedLoad(candidates, hosts, boundedLoad) : null, random);
    }

    /// <summary>The table of <paramref name="hosts"/>; <paramref name="previous"/> is the one before the change, if there is one.</summary>
    protected abstract TTable CreateTable(IReadOnlyList<HashedHost> hosts, TTable? previous);

    private sealed class EmptyPicker : EndpointPicker
    {
        public override MeshEndpoint? Pick(MeshCall call) => null;
    }
}
