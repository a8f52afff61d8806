namespace MeshLib;

/// <summary>Whether an endpoint gets traffic, and if not, why.</summary>
public enum EndpointState
{
    /// <summary>It gets its share, or for a while after it has joined or healed a growing part of it.</summary>
    Available,

    /// <summary>Its breaker is open: it gets nothing until its next probe is due.</summary>
    Open,

    /// <summary>Its breaker is open and one request is probing it.</summary>
    Probing,

    /// <summary>The registry or the mesh's own checks say that it is unhealthy: it gets traffic only in panic.</summary>
    Unhealthy,

    /// <summary>Its peers do so much better that it is set aside for a while: it gets traffic only in panic.</summary>
    Ejected,

    /// <summary>It has announced that it will be away, or somebody drains it (<see cref="IMeshDirectory.Drain"/>): it gets no new calls; those under way end.</summary>
    Draining,

    /// <summary>Somebody has ejected it (<see cref="IMeshDirectory.Eject"/>): it gets nothing until it is restored.</summary>
    Withdrawn,
}
