using Shop.Registry;

[assembly: HostingStartup(typeof(Shop.Instances.InstanceStartup))]

namespace Shop.Instances;

/// <summary>
/// What makes a service of the shop an actor of the demo: faults, the tally, the tie to the driver. ASP.NET Core runs it before the program
/// of each role, so that the programs in Roles are what a team would write and nothing else.
/// </summary>
internal sealed class InstanceStartup : IHostingStartup
{
    public void Configure(IWebHostBuilder builder) => builder.ConfigureServices((context, services) =>
    {
        if (InstanceSettings.From(context.Configuration) is not { } settings)
        {
            return;
        }

        services.AddSingleton(settings);
        services.AddSingleton(TimeProvider.System);
        services.AddSingleton<InstanceBehaviour>();
        services.AddSingleton<RequestTally>();
        services.AddSingleton<IStartupFilter, InstancePipeline>();
        services.AddHostedService<DriverTie>();
        if (settings.MemoryRegistry is { } registry)
        {
            services.AddMemoryServiceEndpointProvider(registry);
            services.AddHostedService<MemoryRegistration>();
        }
    });
}
