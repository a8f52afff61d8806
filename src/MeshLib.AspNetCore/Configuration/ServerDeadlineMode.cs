namespace MeshLib.AspNetCore;

/// <summary>What the server half does with deadlines: <c>Mesh:Server:Deadline</c>.</summary>
internal enum ServerDeadlineMode
{
    /// <summary>Ends work at its deadline and hands the deadline on to outgoing calls: the default.</summary>
    Enforce,

    /// <summary>Counts what would have been ended, changes nothing.</summary>
    Observe,

    /// <summary>Reads no deadline.</summary>
    Off,
}
