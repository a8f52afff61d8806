namespace MeshLib.Testing.Simulation;

/// <summary>A request before anybody has decided where it goes.</summary>
/// <param name="At">When it comes, as a timestamp.</param>
/// <param name="Client">Whose it is.</param>
/// <param name="Work">Seconds of work at speed 1.</param>
/// <param name="Key">What it is kept to a server by; <see langword="null"/> for nothing.</param>
internal readonly record struct SimulatedRequest(long At, int Client, double Work, string? Key);
