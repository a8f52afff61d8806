namespace MeshLib.Benchmarks;

/// <summary>One policy on one scenario.</summary>
internal sealed record SimulateRow(string Scenario, string Policy, MedianAndRange Success, MedianAndRange P50Ms, MedianAndRange P99Ms, MedianAndRange P999Ms, MedianAndRange P99OverOracle, MedianAndRange LargestShare);
