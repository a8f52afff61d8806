namespace MeshLib.Testing.Simulation;

/// <summary>What clients saw in one interval: of the calls that ended in it.</summary>
/// <param name="From">When it began.</param>
/// <param name="Calls">Calls that ended.</param>
/// <param name="Success">The part of them that succeeded, 0 to 1; 1 when there were none.</param>
/// <param name="P50">Their median latency.</param>
/// <param name="P99">The latency that one in a hundred exceeded.</param>
/// <param name="Requests">Requests that each server got, in the scenario's order.</param>
public sealed record SimulationInterval(TimeSpan From, long Calls, double Success, TimeSpan P50, TimeSpan P99, IReadOnlyList<long> Requests);
