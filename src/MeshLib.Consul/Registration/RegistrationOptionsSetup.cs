using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace MeshLib.Consul;

/// <summary>Lays the section <c>Mesh:Registration</c> over what code has set.</summary>
internal sealed class RegistrationOptionsSetup(IServiceProvider services) : IPostConfigureOptions<RegistrationOptions>
{
    private static readonly Dictionary<string, Action<RegistrationOptions, ConsulSection.Entry>> Members = new(StringComparer.OrdinalIgnoreCase)
    {
        [nameof(RegistrationOptions.Enabled)] = static (o, e) => o.Enabled = e.Flag() ?? o.Enabled,
        [nameof(RegistrationOptions.Id)] = static (o, e) => o.Id = e.Text() ?? o.Id,
        [nameof(RegistrationOptions.Address)] = static (o, e) => o.Address = e.Text() ?? o.Address,
        [nameof(RegistrationOptions.Port)] = static (o, e) => o.Port = e.Number() ?? o.Port,
        [nameof(RegistrationOptions.Tags)] = static (o, e) => o.Tags = e.List() is { Count: > 0 } tags ? tags : o.Tags,
        [nameof(RegistrationOptions.Meta)] = static (o, e) => ReadMeta(o, e),
        [nameof(RegistrationOptions.Ttl)] = static (o, e) => o.Ttl = e.Span() ?? o.Ttl,
        [nameof(RegistrationOptions.Heartbeat)] = static (o, e) => o.Heartbeat = e.Span() ?? o.Heartbeat,
        [nameof(RegistrationOptions.DeregisterAfter)] = static (o, e) => o.DeregisterAfter = e.Span() ?? o.DeregisterAfter,
        [nameof(RegistrationOptions.DrainDelay)] = static (o, e) => o.DrainDelay = e.Span() ?? o.DrainDelay,
    };

    public void PostConfigure(string? name, RegistrationOptions options)
    {
        // A plain service collection need not have a configuration.
        if (services.GetService<IConfiguration>() is { } configuration)
        {
            ConsulSection.Read(options, Members, configuration.GetSection(RegistrationOptions.SectionName), options.ReadErrors);
        }
    }

    // Pair by pair: operations add or correct one without repeating what code has set.
    private static void ReadMeta(RegistrationOptions options, ConsulSection.Entry entry)
    {
        foreach (var pair in entry.Section.GetChildren())
        {
            options.Meta[pair.Key] = pair.Value ?? "";
        }
    }
}
