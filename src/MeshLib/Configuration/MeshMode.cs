namespace MeshLib;

/// <summary>How much the mesh does: the kill switch, effective within two seconds of a change.</summary>
public enum MeshMode
{
    /// <summary>Everything: the default.</summary>
    Enforce,

    /// <summary>Decide and count everything, change no outcome.</summary>
    Observe,

    /// <summary>Discovery and round robin only: no header, no limit, no retry.</summary>
    Resolve,
}
