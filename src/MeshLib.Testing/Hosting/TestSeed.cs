namespace MeshLib.Testing;

internal sealed record TestSeed(int Value);
