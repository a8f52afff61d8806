namespace MeshLib;

/// <summary>
/// The physical address of an attempt. Its type marks a request that is inside the mesh already, so that a second mesh handler below lets it pass. Path and query are
/// taken over from the logical address as they are: what was matched is what is sent.
/// </summary>
internal sealed class MeshUri(string address) : Uri(address, new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });
