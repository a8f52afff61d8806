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
    // Two, because an endpoint that comes and goes, as one does whose breaker opens and closes, takes turns between them, and a new table is dear.
    private Mapped? _current;
    private Mapped? _previous;

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

        if (_current?.Maps(hosts) != true)
        {
            (_current, _previous) = (_previous?.Maps(hosts) == true ? _previous : new(hosts, CreateTable(hosts, _current?.Table)), _current);
        }

        return new HashPicker(_current.Table, candidates, keys, boundedLoad > 0 ? new BoundedLoad(candidates, hosts, boundedLoad) : null, random);
    }

    /// <summary>The table of <paramref name="hosts"/>; <paramref name="previous"/> is the one before the change, if there is one.</summary>
    protected abstract TTable CreateTable(IReadOnlyList<HashedHost> hosts, TTable? previous);

    private sealed record Mapped(HashedHost[] Hosts, TTable Table)
    {
        public bool Maps(ReadOnlySpan<HashedHost> hosts) => hosts.SequenceEqual(Hosts);
    }

    private sealed class EmptyPicker : EndpointPicker
    {
        public override MeshEndpoint? Pick(MeshCall call) => null;
    }
}
