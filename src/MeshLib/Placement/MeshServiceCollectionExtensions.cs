using System.Diagnostics.Metrics;
using MeshLib;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.ServiceDiscovery;
using Polly.Telemetry;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds the mesh to an application.</summary>
public static partial class MeshServiceCollectionExtensions
{
    /// <summary>
    /// Adds the mesh: policies from the configuration section <c>Mesh</c>, endpoints from every registered discovery provider. It may be called any number of times.
    /// </summary>
    /// <param name="services">The services of the host.</param>
    /// <param name="configure">Options in code; the configuration section wins over them.</param>
    /// <returns>A builder for further parts of the mesh.</returns>
    public static IMeshBuilder AddMesh(this IServiceCollection services, Action<MeshOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        if (configure is not null)
        {
            services.Configure(configure);
        }

        if (services.Any(static service => service.ServiceType == typeof(MeshServices)))
        {
            return new MeshBuilder(services);
        }

        services.AddLogging();
        services.AddMetrics();
        services.AddHttpClient();
        services.TryAddSingleton<IConfiguration>(static _ => new ConfigurationBuilder().Build());
        services.AddServiceDiscoveryCore();
        services.AddConfigurationServiceEndpointProvider();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IServiceEndpointProviderFactory, ConfiguredMetadataProviderFactory>());
        services.AddStartCheck(static provider => ActivatorUtilities.CreateInstance<ConfiguredMetadataProviderFactory>(provider).Check());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IServiceEndpointProviderFactory, StaticEndpointProviderFactory>());
        services.AddMeshPolicies();

        services.TryAddSingleton(CreateEnvironment);
        services.TryAddSingleton(CreateSweep);
        services.TryAddSingleton<ListenerFaults>();
        services.TryAddSingleton(static provider => new MeshMetrics(provider.GetRequiredService<IMeterFactory>(), provider.GetRequiredService<ListenerFaults>().Note));
        services.TryAddSingleton(static provider => new MeshTracing(provider.GetRequiredService<ListenerFaults>().Note));
        services.TryAddSingleton(static provider => new CallClock(provider.GetRequiredService<MeshEnvironment>().Clock, provider.GetRequiredService<ILogger<CallClock>>()));
        services.TryAddSingleton(static provider => new RetryRules(provider.GetRequiredService<CallClock>(), provider.GetRequiredService<MeshEnvironment>().Random));
        services.TryAddSingleton<Admission>();
        services.TryAddSingleton<AttemptRunner>();
        services.TryAddSingleton(static provider => new LoadBalancers(
            provider.GetServices<LoadBalancerRegistration>(), provider, provider.GetRequiredService<MeshEnvironment>().Random));
        services.TryAddSingleton<EndpointSources>();
        services.TryAddSingleton(static provider => new HealthCheckTransport(HealthCheckTransport.CreateHandler(), provider.GetRequiredService<MeshEnvironment>().Clock.TimeProvider));
        services.TryAddSingleton(LocalInstance.Of);
        services.TryAddSingleton(CreateComposition);
        services.TryAddSingleton<DeclaredServices>();
        services.TryAddSingleton<MeshServices>();
        services.TryAddSingleton<MeshClients>();
        services.TryAddSingleton<MeshClientNames>();
        services.TryAddSingleton<MeshPipeline>();
        services.TryAddSingleton<PipelineProbe>();
        services.AddOptions<TelemetryOptions>().Configure<PipelineProbe>(static (options, probe) => options.TelemetryListeners.Add(probe));
        services.TryAddSingleton<ForeignHandlers>();
        services.TryAddSingleton<IMeshListenAddress>(static provider => new ListenAddress(provider.GetService<IHostApplicationLifetime>()));
        services.TryAddSingleton<IMeshHandlerFactory, MeshHandlerFactory>();
        services.TryAddSingleton<IMeshDirectory, MeshDirectory>();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IHttpMessageHandlerBuilderFilter, MeshHandlerFilter>());
        return new MeshBuilder(services);
    }

    /// <summary>
    /// Lets every client of the factory go through the mesh. Primary handlers and <see cref="HttpClient.Timeout"/> are left as they are, and hosts that nobody resolves
    /// are passed through, with the resilience and discovery handlers of Microsoft's packages that their clients have.
    /// </summary>
    /// <param name="services">The services of the host.</param>
    public static IMeshBuilder AddMeshToAllHttpClients(this IServiceCollection services)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.AddSingleton(new MeshClientRegistration(null));
        return services.AddMesh();
    }

    private static MeshEnvironment CreateEnvironment(IServiceProvider provider)
    {
#pragma warning disable RS0030 // The composition root: everything below is given its time and its chance.
        return new(new MonotonicClock(provider.GetService<TimeProvider>() ?? TimeProvider.System), Random.Shared);
#pragma warning restore RS0030
    }

    private static DeadlineSweep CreateSweep(IServiceProvider provider)
    {
        var logger = provider.GetRequiredService<ILogger<DeadlineSweep>>();
        var environment = provider.GetRequiredService<MeshEnvironment>();
        return new(environment.Clock, fault => LogSweepFault(logger, fault), environment.Background, environment.Processors);
    }

    [LoggerMessage(510, LogLevel.Error, "A call's time limit could not be acted upon.")]
    private static partial void LogSweepFault(ILogger logger, Exception exception);

    private static MeshComposition CreateComposition(IServiceProvider provider)
    {
        var environment = provider.GetRequiredService<MeshEnvironment>();
        var metrics = provider.GetRequiredService<MeshMetrics>();
        var sources = provider.GetRequiredService<EndpointSources>();
        var watching = new WatchSettings(environment, provider.GetRequiredService<IOptions<ServiceDiscoveryOptions>>().Value.RefreshPeriod);
        return new(
            environment,
            sources,
            watching,
            provider.GetRequiredService<LoadBalancers>(),
            new OwnService(provider.GetRequiredService<LocalInstance>(), sources, watching, provider.GetServices<IZoneSource>(), provider.GetRequiredService<ILogger<OwnService>>()),
            new RetryStrategy(environment.Clock, provider.GetRequiredService<RetryRules>(), metrics, TelemetryOf(provider)),
            metrics,
            new HealthChecker(provider.GetRequiredService<HealthCheckTransport>(), environment))
        {
            Predicates = [.. provider.GetServices<FailurePredicateRegistration>()],
        };
    }

    private static TelemetryOptions TelemetryOf(IServiceProvider provider)
    {
        var telemetry = new TelemetryOptions(provider.GetRequiredService<IOptions<TelemetryOptions>>().Value);

        // Polly would write a warning for every retry; the mesh logs changes of state and counts the rest.
        telemetry.SeverityProvider ??= static _ => ResilienceEventSeverity.Debug;
        return telemetry;
    }
}
