namespace MeshLib.Testing.Simulation;

/// <summary>One instance: workers behind one queue, first come first served, that takes no work back from a client who has given up.</summary>
public sealed record SimulatedServer
{
    /// <summary>Requests worked on at once. <see langword="null"/> for as many as come: a server without a queue, whose latency is the work itself.</summary>
    /// <value>Default 4.</value>
    public int? Workers { get; init; } = 4;

    /// <summary>Seconds of work that a worker does in a second.</summary>
    /// <value>Default 1.</value>
    public double Speed { get; init; } = 1;

    /// <summary>Neighbours that take away speed now and then.</summary>
    /// <value>Default none.</value>
    public Antagonist? Antagonist { get; init; }

    /// <summary>What goes wrong, and when. Of several that say what becomes of a request, the first in the list that is in force counts; slowness multiplies.</summary>
    public IReadOnlyList<ServerFault> Faults { get; init; } = [];

    /// <summary>What the registry says of the instance's weight.</summary>
    /// <value>Default 1.</value>
    public int Weight { get; init; } = 1;

    /// <summary>What the registry says of the instance's zone.</summary>
    public string? Zone { get; init; }
}
