namespace MeshLib;

/// <summary>The place of a process among its likes: the <paramref name="Ordinal"/>th, from 0, of <paramref name="Count"/>.</summary>
internal readonly record struct Coordinate(int Ordinal, int Count);
