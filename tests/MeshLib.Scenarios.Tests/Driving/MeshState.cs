using Microsoft.Extensions.DependencyInjection;

namespace MeshLib.Scenarios.Tests;

/// <summary>What the mesh of a host remembers, as far as scenarios look at it.</summary>
internal static class MeshState
{
    public static IReadOnlyList<MeshEndpoint> EndpointsOf(IServiceProvider host) =>
        [.. host.GetRequiredService<MeshServices>().Sets.SelectMany(set => set.Snapshot?.All ?? [])];

    public static MeshService ServiceOf(IServiceProvider host, string name = ScenarioRun.Service) =>
        host.GetRequiredService<MeshServices>().Services.Single(service => service.Name == name);
}
