namespace MeshLib;

/// <summary>Whether an endpoint gets traffic, and if not, why.</summary>
public enum EndpointState
{
    /// <summary>It gets its share.</summary>
    Available,

    /// <summary>Its breaker is open: it gets nothing until its next probe is due.</summary>
    Open,

    /// <summary>Its breaker is open and one request is probing it.</summary>
    Probing,

    /// <summary>The registry says that it is unhealthy: it gets traffic only in panic.</summary>
    Unhealthy,
}
