namespace MeshLib;

/// <summary>Everything that a request reads of an endpoint set: immutable, replaced whole when the set or its health changes.</summary>
internal sealed class EndpointSnapshot
{
    /// <summary>The set of a host that nobody resolves: requests go on untouched.</summary>
    public static EndpointSnapshot PassedThrough { get; } = new() { PassThrough = true };

    public bool PassThrough { get; private init; }

    /// <summary>Every known endpoint, in a fixed order.</summary>
    public IReadOnlyList<MeshEndpoint> All { get; init; } = [];

    /// <summary>Chooses among the endpoints that may receive traffic; <see langword="null"/> when there are none.</summary>
    public EndpointPicker? Picker { get; init; }

    /// <summary>The endpoints whose breaker is not closed: they get their probes and nothing else.</summary>
    public IReadOnlyList<MeshEndpoint> CutOff { get; init; } = [];

    /// <summary>Whether so few endpoints are healthy that the unhealthy ones get traffic too.</summary>
    public bool Panic { get; init; }

    /// <summary>Why discovery has not answered yet.</summary>
    public Exception? Problem { get; init; }
}
