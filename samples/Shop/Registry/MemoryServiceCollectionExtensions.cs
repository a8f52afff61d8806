using Microsoft.Extensions.ServiceDiscovery;

namespace Shop.Registry;

internal static class MemoryServiceCollectionExtensions
{
    /// <summary>Discovers services through the driver's registry.</summary>
    public static IServiceCollection AddMemoryServiceEndpointProvider(this IServiceCollection services, Uri registry)
    {
        services.AddServiceDiscoveryCore();
        return services.AddSingleton<IServiceEndpointProviderFactory>(new MemoryEndpointProviderFactory(registry));
    }
}
