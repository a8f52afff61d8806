namespace MeshLib.Consul;

/// <summary>Why a call to Consul failed, as far as it decides when to call again; the tag of the error counter.</summary>
internal enum ConsulFailure
{
    /// <summary>No connection, or it was cut before or within the answer.</summary>
    Unreachable,

    /// <summary>The answer did not end in time.</summary>
    TimedOut,

    /// <summary>401 or 403: the token is missing, unknown or lacks a right.</summary>
    Denied,

    /// <summary>429: too many requests.</summary>
    RateLimited,

    /// <summary>Any other 4xx, or 3xx: the request will fail again until someone changes something.</summary>
    Rejected,

    /// <summary>5xx: no leader, no servers, a broken connection between agent and servers.</summary>
    ServerError,

    /// <summary>A 2xx whose body is not what Consul sends.</summary>
    InvalidAnswer,

    /// <summary>The answer is larger than the limit.</summary>
    TooLarge,
}
