using MeshLib;
using MeshLib.Consul;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds Consul to a mesh.</summary>
public static class ConsulMeshBuilderExtensions
{
    /// <summary>Adds all that MeshLib.Consul does; each part also exists alone, on the service collection.</summary>
    /// <param name="builder">The mesh.</param>
    /// <param name="configure">Sets options in code; section <c>Mesh:Consul</c> wins over it.</param>
    public static IMeshBuilder AddConsul(this IMeshBuilder builder, Action<ConsulOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.AddConsulServiceEndpointProvider(configure);
        builder.Services.AddConsulRegistration();
        return builder;
    }
}
