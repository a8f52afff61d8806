namespace MeshLib;

/// <summary>Where an endpoint's breaker stands.</summary>
internal enum BreakerState
{
    /// <summary>Traffic flows.</summary>
    Closed,

    /// <summary>No traffic until <see cref="EndpointBreaker.RetryAt"/>.</summary>
    Open,

    /// <summary>One attempt is finding out whether the endpoint is well again.</summary>
    Probing,
}
