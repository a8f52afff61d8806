namespace MeshLib;

/// <summary>
/// Why an attempt or a call ended as it did: one closed set for reports, exceptions, metric tags and spans. What a reason means (its <see cref="Verdict"/>,
/// whether the request can have reached the endpoint, what the breaker makes of it) stands in one table, <c>Reasons</c>.
/// </summary>
public enum OutcomeReason
{
    /// <summary>Answered.</summary>
    Ok,

    /// <summary>Answered with a client error: the endpoint did its work.</summary>
    ClientError,

    /// <summary>408: the endpoint waited in vain for the request.</summary>
    RequestTimeout,

    /// <summary>429.</summary>
    TooManyRequests,

    /// <summary>500 and every other 5xx without a name of its own.</summary>
    ServerError,

    /// <summary>502.</summary>
    BadGateway,

    /// <summary>503.</summary>
    Unavailable,

    /// <summary>504.</summary>
    GatewayTimeout,

    /// <summary>The endpoint's address could not be resolved.</summary>
    NameResolution,

    /// <summary>No connection: refused or unreachable.</summary>
    ConnectFailed,

    /// <summary>No connection within the connect timeout.</summary>
    ConnectTimeout,

    /// <summary>The TLS handshake failed.</summary>
    TlsFailed,

    /// <summary>The endpoint said that it did not process the request (REFUSED_STREAM, GOAWAY).</summary>
    StreamRefused,

    /// <summary>The connection broke after the request may have been sent.</summary>
    Reset,

    /// <summary>The response ended too early.</summary>
    ResponseEnded,

    /// <summary>The endpoint broke the protocol.</summary>
    ProtocolError,

    /// <summary>The response went over a limit of the HTTP stack (header size, number of interim answers).</summary>
    ResponseTooLarge,

    /// <summary>No answer within the attempt timeout.</summary>
    AttemptTimeout,

    /// <summary>No byte of a streamed body within the read-idle timeout.</summary>
    ReadIdleTimeout,

    /// <summary>A streamed body broke.</summary>
    BodyBroken,

    /// <summary>gRPC UNAVAILABLE.</summary>
    GrpcUnavailable,

    /// <summary>gRPC RESOURCE_EXHAUSTED.</summary>
    GrpcResourceExhausted,

    /// <summary>gRPC DEADLINE_EXCEEDED while the caller's deadline had time left.</summary>
    GrpcDeadlineExceeded,

    /// <summary>gRPC UNKNOWN, INTERNAL or DATA_LOSS.</summary>
    GrpcInternal,

    /// <summary>gRPC CANCELLED.</summary>
    GrpcCancelled,

    /// <summary>The call's own timeout ran out while an endpoint was at work.</summary>
    Timeout,

    /// <summary>A deadline inherited or set for the call ran out.</summary>
    DeadlineExceeded,

    /// <summary>The caller cancelled.</summary>
    CallerCancelled,

    /// <summary>No endpoint is known that may get calls: there is none, or all are unhealthy or taken out.</summary>
    NoEndpoint,

    /// <summary>Every endpoint's breaker is open.</summary>
    AllEndpointsOpen,

    /// <summary>The endpoint that the request is pinned to is not in the set.</summary>
    PinnedEndpointUnknown,

    /// <summary>Discovery has not answered yet.</summary>
    DiscoveryFailed,

    /// <summary>The service's bulkhead and its queue are full.</summary>
    BulkheadFull,

    /// <summary>A fault outside the endpoint, such as a request that cannot be sent.</summary>
    Fault,

    /// <summary>503 or gRPC UNAVAILABLE with <c>Retry-After</c> and <c>mesh-retry: no</c>: the endpoint announces that it will be away, and is believed. That is no failure of it.</summary>
    Draining,

    /// <summary>Answered, but the application's failure predicate says that the answer is none.</summary>
    Disapproved,
}
