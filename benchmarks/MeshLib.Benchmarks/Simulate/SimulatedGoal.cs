namespace MeshLib.Benchmarks;

/// <summary>What the default balancer has to reach.</summary>
internal sealed record SimulatedGoal(string Name, string Scenario, string Figure, double Limit, double Reached, bool IsMet);
