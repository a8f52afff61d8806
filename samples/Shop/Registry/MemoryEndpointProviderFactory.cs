using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.ServiceDiscovery;

namespace Shop.Registry;

/// <summary>The memory registry's way into Microsoft.Extensions.ServiceDiscovery, and so into MeshLib.</summary>
internal sealed class MemoryEndpointProviderFactory(Uri registry) : IServiceEndpointProviderFactory
{
    public bool TryCreateProvider(ServiceEndpointQuery query, [NotNullWhen(true)] out IServiceEndpointProvider? provider)
    {
        provider = new MemoryEndpointProvider(registry, query.ServiceName);
        return true;
    }
}
