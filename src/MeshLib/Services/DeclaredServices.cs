namespace MeshLib;

/// <summary>The services named in code: by a mesh client's registration or by static endpoints.</summary>
internal sealed class DeclaredServices(IEnumerable<MeshClientRegistration> clients, IEnumerable<StaticEndpoints> endpoints)
{
    private readonly HashSet<string> _names = new(
        clients.Select(static client => client.Service).OfType<string>().Concat(endpoints.Select(static service => service.Service)),
        StringComparer.OrdinalIgnoreCase);

    public IReadOnlyCollection<string> Names => _names;

    public bool Contains(string service) => _names.Contains(service);
}
