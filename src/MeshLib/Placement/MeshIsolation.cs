namespace MeshLib;

/// <summary>
/// Registered in a host that is cut off from the world, as a test's is. Whatever part of the mesh reaches out of the process by itself (a registry, the registration in it,
/// a file that is kept) stays still there, whatever its options say and in whatever order it was added. Nor does it hear what the machine says to all processes alike (<c>MESH_MODE</c>, <c>MESH_ZONE</c>): what
/// a test or a simulation finds must be the same on each.
/// </summary>
internal sealed class MeshIsolation;
