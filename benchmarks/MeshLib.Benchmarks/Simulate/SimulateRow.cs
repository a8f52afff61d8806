namespace MeshLib.Benchmarks;

/// <summary>One policy on one scenario.</summary>
/// <remarks><c>LargestShare</c> is the most that one server got in any second since the load first changed, over its fair share.</remarks>
internal sealed record SimulateRow(string Scenario, string Policy, MedianAndRange Success, MedianAndRange P50Ms, MedianAndRange P99Ms, MedianAndRange P999Ms, MedianAndRange P99OverOracle, MedianAndRange LargestShare);
