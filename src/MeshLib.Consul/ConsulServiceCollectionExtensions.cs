using System.Diagnostics.Metrics;
using MeshLib;
using MeshLib.Consul;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.ServiceDiscovery;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds Consul to a host, with or without the rest of the mesh.</summary>
public static class ConsulServiceCollectionExtensions
{
    /// <summary>
    /// Adds Consul as a source of endpoints, for MeshLib and for everything else that uses <c>Microsoft.Extensions.ServiceDiscovery</c>. Changes are
    /// pushed, and the last good list is kept through every outage. Endpoints in configuration win over Consul's. Idempotent.
    /// </summary>
    /// <param name="services">The services of the host.</param>
    /// <param name="configure">Sets options in code; section <c>Mesh:Consul</c> wins over it.</param>
    /// <exception cref="OptionsValidationException">When the host starts: an option is out of its range, or a name in the section is not known.</exception>
    public static IServiceCollection AddConsulServiceEndpointProvider(this IServiceCollection services, Action<ConsulOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.AddConsulClient(configure);
        services.AddServiceDiscoveryCore();
        if (!services.Any(IsConfigurationProvider))
        {
            // Microsoft's discovery asks its providers in the order of their registration, and the first that knows endpoints wins.
            services.AddConfigurationServiceEndpointProvider();
        }

        services.AddMetrics();
        services.TryAddSingleton<ListenerFaults>();
        services.TryAddSingleton<ConsulMetrics>();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IZoneSource, AgentZone>(static provider => provider.GetRequiredService<AgentZone>()));
        services.TryAddSingleton(static provider => new WatchRegistry(new WatchContext(
            provider.GetRequiredService<ConsulClient>(),
            provider.GetRequiredService<IOptions<ConsulOptions>>().Value,
            provider.GetRequiredService<TimeProvider>(),
#pragma warning disable RS0030 // The composition root.
            Random.Shared,
#pragma warning restore RS0030
            new WatchSignals(provider.GetRequiredService<ILogger<ServiceWatch>>(), provider.GetRequiredService<ConsulMetrics>()))));
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IServiceEndpointProviderFactory, ConsulEndpointProviderFactory>(static provider => new ConsulEndpointProviderFactory(
            provider.GetRequiredService<IOptions<ConsulOptions>>().Value,
            provider.GetRequiredService<IOptions<ServiceDiscoveryOptions>>().Value,
            new Lazy<WatchRegistry>(provider.GetRequiredService<WatchRegistry>))));
        return services;
    }

    /// <summary>What every part of MeshLib.Consul needs: validated options and the one client. Idempotent.</summary>
    internal static IServiceCollection AddConsulClient(this IServiceCollection services, Action<ConsulOptions>? configure = null)
    {
        services.AddOptions<ConsulOptions>();
        services.AddStartCheck(static provider => _ = provider.GetRequiredService<IOptions<ConsulOptions>>().Value);
        if (configure is not null)
        {
            services.Configure(configure);
        }

        services.AddLogging();
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton(new ConsulEnvironment(Environment.GetEnvironmentVariable));
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IPostConfigureOptions<ConsulOptions>, ConsulOptionsSetup>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<ConsulOptions>, ConsulOptionsValidator>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, ReloadNotice>());
        services.TryAddSingleton(static provider =>
        {
            var options = provider.GetRequiredService<IOptions<ConsulOptions>>().Value;
            var logger = provider.GetRequiredService<ILogger<ConsulClient>>();
            if (options.Tls.Verify == false)
            {
                ConsulClientLog.CertificateNotVerified(logger);
            }

            if (string.IsNullOrWhiteSpace(options.Token) && options.TokenFile is { Length: > 0 } file && !File.Exists(file))
            {
                ConsulClientLog.TokenFileMissing(logger, file);
            }

            return new ConsulClient(new ConsulTransport(options, provider.GetRequiredService<TimeProvider>()), options);
        });
        services.TryAddSingleton(static provider => new AgentZone(provider.GetRequiredService<IOptions<ConsulOptions>>().Value, new(provider.GetRequiredService<ConsulClient>)));
        return services;
    }

    private static bool IsConfigurationProvider(ServiceDescriptor service) =>
        service.ServiceType == typeof(IServiceEndpointProviderFactory) && service.ImplementationType?.Name == "ConfigurationServiceEndpointProviderFactory";
}
