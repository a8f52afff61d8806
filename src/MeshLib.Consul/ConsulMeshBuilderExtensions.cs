using MeshLib;
using MeshLib.Consul;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds Consul to a mesh.</summary>
public static class ConsulMeshBuilderExtensions
{
    /// <summary>Adds all that MeshLib.Consul does; each part also exists alone, here and on the service collection.</summary>
    /// <param name="builder">The mesh.</param>
    /// <param name="configure">Sets options in code; section <c>Mesh:Consul</c> wins over it.</param>
    public static IMeshBuilder AddConsul(this IMeshBuilder builder, Action<ConsulOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.AddConsulServiceEndpointProvider(configure).AddConsulRegistration();
    }

    /// <inheritdoc cref="ConsulServiceCollectionExtensions.AddConsulServiceEndpointProvider"/>
    /// <param name="builder">The mesh.</param>
    /// <param name="configure">Sets options in code; section <c>Mesh:Consul</c> wins over it.</param>
    public static IMeshBuilder AddConsulServiceEndpointProvider(this IMeshBuilder builder, Action<ConsulOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.AddConsulServiceEndpointProvider(configure);
        return builder;
    }

    /// <inheritdoc cref="ConsulRegistrationExtensions.AddConsulRegistration"/>
    /// <param name="builder">The mesh.</param>
    /// <param name="configure">Sets options in code; section <c>Mesh:Registration</c> wins over it.</param>
    public static IMeshBuilder AddConsulRegistration(this IMeshBuilder builder, Action<RegistrationOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.AddConsulRegistration(configure);
        return builder;
    }
}
