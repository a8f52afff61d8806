namespace MeshLib;

/// <summary>Which clients of the factory go through the mesh.</summary>
internal sealed class MeshClientNames(IEnumerable<MeshClientRegistration> registrations, IEnumerable<MeshClientRemoval> removals)
{
    private readonly ILookup<string?, string?> _registered = registrations.ToLookup(static client => client.Client, static client => client.Service, StringComparer.Ordinal);
    private readonly HashSet<string?> _removed = [.. removals.Select(static client => client.Client)];

    /// <summary>Whether the client goes through the mesh, by its own name or because all do.</summary>
    public bool IsMeshed(string client) => !_removed.Contains(client) && (_registered.Contains(client) || (_registered.Contains(null) && !_removed.Contains(null)));

    /// <summary>Whether the client was registered by its name: only then does the mesh bring the primary handler.</summary>
    public bool IsNamed(string client) => _registered.Contains(client);

    public string? ServiceOf(string client) => _registered[client].FirstOrDefault(static service => service is not null);
}
