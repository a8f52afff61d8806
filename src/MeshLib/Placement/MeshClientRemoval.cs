namespace MeshLib;

/// <summary>A client that <c>RemoveMesh()</c> takes out of the mesh again.</summary>
internal sealed record MeshClientRemoval(string? Client);
