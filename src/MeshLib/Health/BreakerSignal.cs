namespace MeshLib;

/// <summary>What an attempt tells the breaker.</summary>
internal enum BreakerSignal
{
    /// <summary>The endpoint works.</summary>
    Success,

    /// <summary>Counts for both rules: connect failures, time-outs, 502, 503, 504.</summary>
    Failure,

    /// <summary>Counts for the ratio and fails a probe, but not as a failure in a row: 429, RESOURCE_EXHAUSTED, 500.</summary>
    Sickness,

    /// <summary>No evidence: the caller cancelled, an inherited deadline ran out, the mesh refused.</summary>
    Ignored,
}
