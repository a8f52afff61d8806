namespace MeshLib.Testing.Simulation;

/// <summary>A rate of requests, until the next phase begins.</summary>
/// <param name="From">When it begins.</param>
/// <param name="RequestsPerSecond">All clients together; 0 for a pause.</param>
public sealed record LoadPhase(TimeSpan From, double RequestsPerSecond);
