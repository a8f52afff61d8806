namespace MeshLib;

/// <summary>A host as consistent hashing knows it.</summary>
/// <param name="Key">What is hashed: the same in every process that is to decide alike.</param>
/// <param name="Weight">Its share, 1 or more.</param>
internal readonly record struct HashedHost(string Key, int Weight);
