namespace MeshLib.Testing.Simulation;

/// <summary>What is wrong with a server for a while.</summary>
public enum ServerFaultKind
{
    /// <summary>It works at a fraction of its speed.</summary>
    Slow,

    /// <summary>It works at a fraction of its speed that grows evenly back to all of it: a cold start.</summary>
    WarmingUp,

    /// <summary>It answers each request, or each of a part of them, after the same delay, past queue and workers.</summary>
    Delayed,

    /// <summary>It answers with a status instead of working, at once.</summary>
    Failing,

    /// <summary>It takes requests and works on none until the fault ends: a pause of the process.</summary>
    Hanging,

    /// <summary>It refuses connections; what it was working on is reset.</summary>
    Down,
}
