namespace MeshLib;

/// <summary>The services named in code: by a mesh client's registration or by static endpoints.</summary>
internal sealed class DeclaredServices(IEnumerable<MeshClientRegistration> clients, IEnumerable<StaticEndpoints> endpoints)
{
    private readonly HashSet<string> _names = new(
        clients.Select(static client => client.Service).OfType<string>().Concat(endpoints.Select(static service => service.Service)),
        StringComparer.OrdinalIgnoreCase);

    private readonly Dictionary<string, EndpointSetKey[]> _clients = clients
        .Where(static client => client is { Service: not null, Address: not null })
        .GroupBy(static client => client.Service!, static client => EndpointSetKey.Of(client.Address!), StringComparer.OrdinalIgnoreCase)
        .ToDictionary(static service => service.Key, static keys => keys.Distinct().ToArray(), StringComparer.OrdinalIgnoreCase);

    public IReadOnlyCollection<string> Names => _names;

    /// <summary>What to ask discovery for before anybody calls <paramref name="service"/>: what its clients will call, or plain http where no client is known.</summary>
    public IReadOnlyList<EndpointSetKey> KeysOf(string service) =>
        _clients.TryGetValue(service, out var keys) ? keys : [new("http", service.ToLowerInvariant(), -1)];

    public bool Contains(string service) => _names.Contains(service);
}
