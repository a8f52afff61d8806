namespace MeshLib;

/// <summary>
/// How much the mesh does: the kill switch, effective within two seconds of a change. Where it does not enforce, Microsoft's standard and hedging handlers that a client
/// has retry and limit its calls as they do without the mesh.
/// </summary>
public enum MeshMode
{
    /// <summary>Everything: the default.</summary>
    Enforce,

    /// <summary>Decide and count everything, change no outcome.</summary>
    Observe,

    /// <summary>Discovery and round robin only: no header, no limit, no retry.</summary>
    Resolve,
}
