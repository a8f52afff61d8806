using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace MeshLib.Consul;

/// <summary>
/// Lays the layers over each other after code has had its say: configuration over code, then the environment where neither spoke. In an isolated host Consul is off.
/// </summary>
internal sealed class ConsulOptionsSetup(IServiceProvider services, ConsulEnvironment environment) : IPostConfigureOptions<ConsulOptions>
{
    public void PostConfigure(string? name, ConsulOptions options)
    {
        // A plain service collection need not have a configuration.
        if (services.GetService<IConfiguration>() is { } configuration)
        {
            ConsulSection.Read(options, configuration.GetSection(ConsulOptions.SectionName));
        }

        environment.Fill(options);

        // Whatever was said: nobody could mean this host's test to register it, or to wait for an agent.
        options.Enabled &= services.GetService<MeshIsolation>() is null;
    }
}
