using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace MeshLib;

/// <summary>Who this process is to others: one instance of a service, in a zone.</summary>
/// <param name="service">The service, or <see langword="null"/> when nothing says.</param>
/// <param name="zone">The zone, or <see langword="null"/> when neither configuration nor the environment names it.</param>
internal sealed class LocalInstance(string? service, string? zone)
{
    private volatile string? _id;

    public string? Service => service;

    public string? Zone => zone;

    /// <summary>The instance's identifier in the registry; <see langword="null"/> while nobody has registered it.</summary>
    public string? Id
    {
        get => _id;
        set => _id = value;
    }

    /// <summary>Asks the options first, the environment second and the host's name last.</summary>
    public static LocalInstance Of(IServiceProvider services)
    {
        var policies = services.GetService<MeshPolicies>();
        var configuration = services.GetService<IConfiguration>();
        var machine = services.GetService<MeshIsolation>() is null ? Environment.GetEnvironmentVariable("MESH_ZONE") : null;
        return new(
            Text(policies?.ServiceName) ?? Text(configuration?["Mesh:ServiceName"]) ?? NameOf(services.GetService<IHostEnvironment>()?.ApplicationName),
            Text(policies?.Zone) ?? Text(configuration?["Mesh:Zone"]) ?? Text(machine));
    }

    // A name with dots is a host name to whoever calls it, and is never looked up in a registry.
    private static string? NameOf(string? application) => Text(application)?.Replace('.', '-').ToLowerInvariant();

    private static string? Text(string? text) => string.IsNullOrWhiteSpace(text) ? null : text.Trim();
}
