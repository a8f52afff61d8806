namespace MeshLib.Testing.Simulation;

/// <summary>What becomes of a request at a server.</summary>
/// <param name="Fate">How it ends there.</param>
/// <param name="At">When, as a timestamp; <see cref="long.MaxValue"/> for never.</param>
/// <param name="Status">The status, where there is one.</param>
internal readonly record struct ServerAnswer(ServerFate Fate, long At, int Status = 200);
