using System.Collections.Concurrent;
using System.Collections.Frozen;

namespace MeshLib;

/// <summary>All policies of one generation: immutable, but for remembering what it has worked out.</summary>
internal sealed class PolicySet
{
    private readonly IReadOnlyList<PolicyLayer> _layers;
    private readonly EffectivePolicy _undeclared;
    private readonly FrozenDictionary<string, EffectivePolicy> _services;

    // By client, then by declared service, all others as "". It holds only clients that have a layer, so it cannot grow with what is called.
    private readonly FrozenDictionary<string, ConcurrentDictionary<string, EffectivePolicy>> _clients;

    public PolicySet(IReadOnlyList<PolicyLayer> layers, long version)
    {
        _layers = layers;
        Version = version;
        _undeclared = Merge("", "");
        _services = Named(PolicyLevel.Service).ToFrozenDictionary(static name => name, name => Merge(name, ""), StringComparer.OrdinalIgnoreCase);
        _clients = Named(PolicyLevel.Client).ToFrozenDictionary(static name => name, static _ => new ConcurrentDictionary<string, EffectivePolicy>(StringComparer.OrdinalIgnoreCase), StringComparer.OrdinalIgnoreCase);
    }

    public long Version { get; }

    public IReadOnlyList<string> DeclaredServices => _services.Keys;

    public IReadOnlyList<string> Clients => _clients.Keys;

    public bool IsDeclared(string service) => _services.ContainsKey(service);

    public EffectivePolicy ForService(string service) => _services.GetValueOrDefault(service, _undeclared);

    public EffectivePolicy ForClient(string service, string client) =>
        _clients.TryGetValue(client, out var policies)
            ? policies.GetOrAdd(IsDeclared(service) ? service : "", static (service, state) => state.Self.Merge(service, state.Client), (Self: this, Client: client))
            : ForService(service);

    private EffectivePolicy Merge(string service, string client) => PolicyLayers.Merge(PolicyLayers.For(_layers, service, client));

    private IEnumerable<string> Named(PolicyLevel level) =>
        _layers.Where(layer => layer.Level == level).Select(static layer => layer.Name).Distinct(StringComparer.OrdinalIgnoreCase);
}
