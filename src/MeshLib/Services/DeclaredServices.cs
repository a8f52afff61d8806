namespace MeshLib;

/// <summary>The services named in code: by the registration of a client that goes through the mesh, or by static endpoints.</summary>
internal sealed class DeclaredServices
{
    private readonly Dictionary<string, EndpointSetKey[]> _clients;
    private readonly HashSet<string> _names;

    public DeclaredServices(IEnumerable<MeshClientRegistration> clients, MeshClientNames meshed, IEnumerable<StaticEndpoints> endpoints)
    {
        _clients = clients
            .Where(client => client is { Client: not null, Service: not null, Address: not null } && meshed.IsMeshed(client.Client))
            .GroupBy(static client => client.Service!, static client => EndpointSetKey.Of(client.Address!), StringComparer.OrdinalIgnoreCase)
            .ToDictionary(static service => service.Key, static keys => keys.Distinct().ToArray(), StringComparer.OrdinalIgnoreCase);
        _names = new(_clients.Keys.Concat(endpoints.Select(static service => service.Service)), StringComparer.OrdinalIgnoreCase);
    }

    public IReadOnlyCollection<string> Names => _names;

    public bool Contains(string service) => _names.Contains(service);

    /// <summary>What to ask discovery for before anybody calls <paramref name="service"/>: what its clients will call, or plain http where no client is known.</summary>
    public IReadOnlyList<EndpointSetKey> KeysOf(string service) =>
        _clients.TryGetValue(service, out var keys) ? keys : [new("http", service.ToLowerInvariant(), -1)];
}
