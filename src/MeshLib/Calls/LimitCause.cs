namespace MeshLib;

/// <summary>What cut an attempt or a body off.</summary>
internal enum LimitCause
{
    None,
    Caller,
    AttemptTimeout,
    CallTimeout,
    Deadline,
    ReadIdle,

    /// <summary>Nothing did: it ended by itself just as its time was up.</summary>
    Over,
}
