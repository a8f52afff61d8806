namespace MeshLib;

/// <summary>What a call begins with, and keeps if a resilience handler outside of the mesh sends it several times.</summary>
/// <param name="Set">The endpoints that its address names.</param>
/// <param name="Policy">What holds for it.</param>
internal readonly record struct MeshEntry(EndpointSet Set, CallPolicy Policy);
