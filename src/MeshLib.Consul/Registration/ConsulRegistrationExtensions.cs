using System.Reflection;
using MeshLib;
using MeshLib.Consul;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds the registration of this process in Consul to a host.</summary>
public static class ConsulRegistrationExtensions
{
    /// <summary>
    /// Registers this process in Consul once its server listens, tells Consul by heartbeats whether it is ready, registers again whenever Consul has
    /// forgotten it, and takes it out before the server stops. A Consul that is away neither fails nor delays the start, and delays the stop by two
    /// seconds at most. A process that listens nowhere registers only when <see cref="RegistrationOptions.Port"/> is set. Idempotent.
    /// </summary>
    /// <param name="services">The services of the host.</param>
    /// <param name="configure">Sets options in code; section <c>Mesh:Registration</c> wins over it.</param>
    /// <exception cref="OptionsValidationException">When the host starts: an option is out of its range, or a name in the section is not known.</exception>
    public static IServiceCollection AddConsulRegistration(this IServiceCollection services, Action<RegistrationOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.AddConsulClient();
        services.AddOptions<RegistrationOptions>();
        services.AddStartCheck(static provider => _ = provider.GetRequiredService<IOptions<RegistrationOptions>>().Value);
        if (configure is not null)
        {
            services.Configure(configure);
        }

        services.TryAddEnumerable(ServiceDescriptor.Singleton<IPostConfigureOptions<RegistrationOptions>, RegistrationOptionsSetup>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<RegistrationOptions>, RegistrationOptionsValidator>());
        services.TryAddSingleton<RegistrationStatus>();
        services.TryAddSingleton(LocalInstance.Of);
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, RegistrationService>(static provider => provider.GetRequiredService<StartChecks>().Make(() => Create(provider))));
        return services;
    }

    private static RegistrationService Create(IServiceProvider services)
    {
        var options = services.GetRequiredService<IOptions<RegistrationOptions>>().Value;
        var consul = services.GetRequiredService<IOptions<ConsulOptions>>().Value;
        var time = services.GetRequiredService<TimeProvider>();
        var listen = services.GetService<IMeshListenAddress>();

        var wanted = options.Enabled && consul.Enabled;
        return new RegistrationService(wanted ? CreateLoop(services, options, consul, time, listen) : null, options.DrainDelay, time);
    }

    private static RegistrationLoop CreateLoop(IServiceProvider services, RegistrationOptions options, ConsulOptions consul, TimeProvider time, IMeshListenAddress? listen)
    {
        var self = services.GetRequiredService<LocalInstance>();
        var service = self.Service ?? throw new InvalidOperationException("The host has no name to register; Mesh:ServiceName gives it one.");
        var definition = new InstanceDefinition(service, options.Id ?? $"{service}-{Guid.NewGuid().ToString("N")[..12]}", VersionOfProgram(), self.Zone);
        self.Id = definition.Id;

        var signals = new RegistrationSignals(services.GetRequiredService<ILogger<RegistrationService>>(), services.GetRequiredService<RegistrationStatus>(), time);
        var checks = services.GetService<HealthCheckService>();
        var registered = services.GetService<IOptions<HealthCheckServiceOptions>>()?.Value.Registrations ?? [];
        return new RegistrationLoop(
            new RegistrationContext(services.GetRequiredService<ConsulClient>(), options, definition, services.GetRequiredService<AgentZone>(), time, signals),
            new Readiness(checks, registered, options.Heartbeat, time),
            listen,
            new AddressChoice(options, AgentOf(consul), cancellationToken => AgentRoute.FindAsync(AgentOf(consul), cancellationToken)),
#pragma warning disable RS0030 // The composition root.
            Random.Shared);
#pragma warning restore RS0030
    }

    private static ConsulAddress AgentOf(ConsulOptions consul) => ConsulAddress.TryParse(consul.Address, out var address, out var problem)
        ? address
        : throw new InvalidOperationException($"Mesh:Consul:Address {problem}.");

    // Up to the commit, which build tools put behind a plus and which would make every build a version of its own.
    private static string? VersionOfProgram() =>
        Text(Assembly.GetEntryAssembly()?.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0]);

    private static string? Text(string? text) => string.IsNullOrWhiteSpace(text) ? null : text.Trim();
}
