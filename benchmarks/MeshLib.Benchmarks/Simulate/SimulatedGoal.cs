namespace MeshLib.Benchmarks;

/// <summary>What the default balancer has to reach.</summary>
/// <remarks><c>Reason</c> says what the limit is, where the goal itself names none.</remarks>
internal sealed record SimulatedGoal(string Name, string Scenario, string Figure, double Limit, double Reached, bool IsMet, string? Reason = null);
