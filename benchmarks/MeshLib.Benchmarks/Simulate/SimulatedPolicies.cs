using MeshLib.Testing.Simulation;

namespace MeshLib.Benchmarks;

/// <summary>Who is compared: what others use by default, every balancer of ours, and the oracle last.</summary>
internal static class SimulatedPolicies
{
    public static string Default { get; } = new LoadBalancingSettings().Policy;

    public static IReadOnlyList<SimulatedClient> All { get; } =
    [
        new PlainPeakEwmaClient(),
        .. new LoadBalancers([], new NoServices(), PickBenchmarkSubjects.Chance).Names.Where(static name => name != Default).Select(SimulatedClient.Balancer),
        SimulatedClient.Balancer(Default),
        SimulatedClient.Oracle,
    ];

    private sealed class NoServices : IServiceProvider
    {
        public object? GetService(Type serviceType) => null;
    }
}
