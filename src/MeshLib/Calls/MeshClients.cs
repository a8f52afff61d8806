using System.Collections.Concurrent;

namespace MeshLib;

/// <summary>The clients of a host, by name. Names come from registrations, so there are few.</summary>
internal sealed class MeshClients(MeshServices services)
{
    private readonly ConcurrentDictionary<string, MeshClient> _clients = new(StringComparer.Ordinal);

    public MeshClient Get(string name) => _clients.GetOrAdd(name, static (name, services) => new MeshClient(name, services), services);
}
