using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.ServiceDiscovery;

namespace MeshLib.Consul;

/// <summary>Offers Consul for every name that can be a service there.</summary>
/// <param name="options">Valid options.</param>
/// <param name="discovery">Which schemes the application allows.</param>
/// <param name="registry">The watches; not made before they are needed, so that a Consul which is switched off is never set up.</param>
internal sealed class ConsulEndpointProviderFactory(ConsulOptions options, ServiceDiscoveryOptions discovery, Lazy<WatchRegistry> registry) : IServiceEndpointProviderFactory
{
    public bool TryCreateProvider(ServiceEndpointQuery query, [NotNullWhen(true)] out IServiceEndpointProvider? provider)
    {
        provider = null;
        if (!options.Enabled || !CanBeService(query.ServiceName))
        {
            return false;
        }

        var schemes = discovery.AllowAllSchemes && query.IncludedSchemes.Count == 0 ? [] : discovery.ApplyAllowedSchemes(query.IncludedSchemes);
        provider = new ConsulEndpointProvider(
            new HealthQuery(query.ServiceName, options.Datacenter ?? "", options.Filter ?? ""),
            new EndpointMapping(query.EndpointName, schemes),
            registry.Value);
        return true;
    }

    // A name with a dot is a host of DNS, and Consul's own DNS cannot name such a service either; dots and colons cover addresses too.
    private static bool CanBeService(string name) =>
        name.Length > 0
        && !name.AsSpan().ContainsAny('.', ':', '[')
        && !string.Equals(name, "localhost", StringComparison.OrdinalIgnoreCase);
}
