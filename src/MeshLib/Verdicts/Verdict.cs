namespace MeshLib;

/// <summary>
/// What an attempt's outcome means. Given once, by the classifier; breaker, budget, load, metrics and retries read it, and nobody judges a status again.
/// </summary>
public enum Verdict
{
    /// <summary>The endpoint did its work; a client error (most of 4xx) is a success of the endpoint.</summary>
    Success,

    /// <summary>The endpoint failed in a way that another try does not mend.</summary>
    Failure,

    /// <summary>The endpoint failed, and the same request may succeed elsewhere.</summary>
    Retryable,

    /// <summary>The endpoint says that it has too much to do (429, 503, RESOURCE_EXHAUSTED).</summary>
    Overloaded,

    /// <summary>No evidence about the endpoint: the caller cancelled, an inherited deadline ran out, or the mesh itself refused.</summary>
    Ignored,
}
