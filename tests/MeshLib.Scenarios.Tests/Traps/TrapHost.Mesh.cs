using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.ServiceDiscovery;

namespace MeshLib.Scenarios.Tests.Traps;

internal sealed partial class TrapHost
{
    /// <summary>The one mesh client, and nothing configured.</summary>
    public static TrapHost Mesh(TimeProvider? time = null, int endpoints = 3, Action<MeshOptions>? configure = null) => new(
        services =>
        {
            services.AddMesh(configure);
            services.AddMeshClient(Orders);
        },
        time,
        endpoints);

    /// <summary>A mesh client whose endpoints the test publishes.</summary>
    public static TrapHost Mesh(ManualEndpointSource source, TimeProvider? time = null, Action<MeshOptions>? configure = null, ManualEndpointSource? second = null) => new(
        services =>
        {
            services.AddSingleton<IServiceEndpointProviderFactory>(source);
            if (second is not null)
            {
                services.AddSingleton<IServiceEndpointProviderFactory>(second);
            }

            services.AddMesh(configure);
            services.AddMeshClient(Orders);
        },
        time,
        endpoints: 0);

    /// <summary>What the mesh knows of <c>orders</c>.</summary>
    public MeshServiceView View => Services.GetRequiredService<IMeshDirectory>().Services.Single(service => service.Name == Orders);

    /// <summary>The endpoint at a configured address.</summary>
    public MeshEndpoint Endpoint(int index) => View.Endpoints.Single(endpoint => endpoint.Address == new Uri(Address(index)));
}
