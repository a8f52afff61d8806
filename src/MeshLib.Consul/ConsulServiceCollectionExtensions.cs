using MeshLib.Consul;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds Consul to a host, with or without the rest of the mesh.</summary>
public static class ConsulServiceCollectionExtensions
{
    /// <summary>What every part of MeshLib.Consul needs: validated options and the one client. Idempotent.</summary>
    internal static IServiceCollection AddConsulClient(this IServiceCollection services, Action<ConsulOptions>? configure = null)
    {
        services.AddOptions<ConsulOptions>().ValidateOnStart();
        if (configure is not null)
        {
            services.Configure(configure);
        }

        services.AddLogging();
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton(new ConsulEnvironment(Environment.GetEnvironmentVariable));
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IPostConfigureOptions<ConsulOptions>, ConsulOptionsSetup>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<ConsulOptions>, ConsulOptionsValidator>());
        services.TryAddSingleton(static provider =>
        {
            var options = provider.GetRequiredService<IOptions<ConsulOptions>>().Value;
            return new ConsulClient(new ConsulTransport(options, provider.GetRequiredService<TimeProvider>()), options);
        });
        return services;
    }
}
