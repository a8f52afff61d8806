namespace MeshLib;

/// <summary>Why an endpoint gets no calls although its breaker is closed.</summary>
internal enum EjectionReason
{
    /// <summary>Its success rate is far below that of its peers.</summary>
    SuccessRate,

    /// <summary>Nearly everything fails there.</summary>
    FailureRatio,

    /// <summary>The mesh's own checks fail.</summary>
    HealthCheck,

    /// <summary>It announced that it would be away.</summary>
    Announced,

    /// <summary>Somebody took it out by hand.</summary>
    Manual,
}
