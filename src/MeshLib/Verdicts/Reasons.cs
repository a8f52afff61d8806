namespace MeshLib;

/// <summary>What each <see cref="OutcomeReason"/> means: the one place where outcomes are judged.</summary>
internal static class Reasons
{
    private static readonly Meaning[] Meanings = CreateMeanings();

    public static Verdict Verdict(this OutcomeReason reason) => Meanings[(int)reason].Verdict;

    public static BreakerSignal Signal(this OutcomeReason reason) => Meanings[(int)reason].Signal;

    /// <summary>Whether the endpoint cannot have begun to process the request, which makes another try safe for every method.</summary>
    public static bool NeverSent(this OutcomeReason reason) => Meanings[(int)reason].NeverSent;

    /// <summary>Whether a failure for this reason can be the announcement of an absence.</summary>
    public static bool MayAnnounce(this OutcomeReason reason) => reason is OutcomeReason.Unavailable or OutcomeReason.GrpcUnavailable;

    /// <summary>The reason as a metric tag, a span event and a log value.</summary>
    public static string Tag(this OutcomeReason reason) => Meanings[(int)reason].Tag;

    private static Meaning[] CreateMeanings()
    {
        var meanings = new Meaning[Enum.GetValues<OutcomeReason>().Length];
        void Set(OutcomeReason reason, Verdict verdict, BreakerSignal signal, string tag, bool neverSent = false) =>
            meanings[(int)reason] = new(verdict, signal, tag, neverSent);

        Set(OutcomeReason.Ok, MeshLib.Verdict.Success, BreakerSignal.Success, "ok");
        Set(OutcomeReason.ClientError, MeshLib.Verdict.Success, BreakerSignal.Success, "client_error");
        Set(OutcomeReason.RequestTimeout, MeshLib.Verdict.Retryable, BreakerSignal.Ignored, "request_timeout");

        // Overload is no death: 429 weighs in the failure ratio only. A 503 is also what a dying instance answers, so it counts in both.
        Set(OutcomeReason.TooManyRequests, MeshLib.Verdict.Overloaded, BreakerSignal.Sickness, "too_many_requests");
        Set(OutcomeReason.ServerError, MeshLib.Verdict.Retryable, BreakerSignal.Sickness, "server_error");
        Set(OutcomeReason.BadGateway, MeshLib.Verdict.Retryable, BreakerSignal.Failure, "bad_gateway");
        Set(OutcomeReason.Unavailable, MeshLib.Verdict.Overloaded, BreakerSignal.Failure, "unavailable");
        Set(OutcomeReason.GatewayTimeout, MeshLib.Verdict.Retryable, BreakerSignal.Failure, "gateway_timeout");

        Set(OutcomeReason.NameResolution, MeshLib.Verdict.Retryable, BreakerSignal.Failure, "name_resolution", neverSent: true);
        Set(OutcomeReason.ConnectFailed, MeshLib.Verdict.Retryable, BreakerSignal.Failure, "connect_failed", neverSent: true);
        Set(OutcomeReason.ConnectTimeout, MeshLib.Verdict.Retryable, BreakerSignal.Failure, "connect_timeout", neverSent: true);
        Set(OutcomeReason.TlsFailed, MeshLib.Verdict.Retryable, BreakerSignal.Failure, "tls_failed", neverSent: true);
        Set(OutcomeReason.StreamRefused, MeshLib.Verdict.Retryable, BreakerSignal.Sickness, "stream_refused", neverSent: true);

        Set(OutcomeReason.Reset, MeshLib.Verdict.Retryable, BreakerSignal.Sickness, "reset");
        Set(OutcomeReason.ResponseEnded, MeshLib.Verdict.Retryable, BreakerSignal.Sickness, "response_ended");
        Set(OutcomeReason.ProtocolError, MeshLib.Verdict.Retryable, BreakerSignal.Sickness, "protocol_error");
        Set(OutcomeReason.ResponseTooLarge, MeshLib.Verdict.Failure, BreakerSignal.Sickness, "response_too_large");
        Set(OutcomeReason.AttemptTimeout, MeshLib.Verdict.Retryable, BreakerSignal.Failure, "attempt_timeout");
        Set(OutcomeReason.ReadIdleTimeout, MeshLib.Verdict.Failure, BreakerSignal.Failure, "read_idle_timeout");
        Set(OutcomeReason.BodyBroken, MeshLib.Verdict.Failure, BreakerSignal.Sickness, "body_broken");

        Set(OutcomeReason.GrpcUnavailable, MeshLib.Verdict.Retryable, BreakerSignal.Failure, "grpc_unavailable");
        Set(OutcomeReason.GrpcResourceExhausted, MeshLib.Verdict.Overloaded, BreakerSignal.Sickness, "grpc_resource_exhausted");
        Set(OutcomeReason.GrpcDeadlineExceeded, MeshLib.Verdict.Failure, BreakerSignal.Failure, "grpc_deadline_exceeded");
        Set(OutcomeReason.GrpcInternal, MeshLib.Verdict.Failure, BreakerSignal.Sickness, "grpc_internal");
        Set(OutcomeReason.GrpcCancelled, MeshLib.Verdict.Ignored, BreakerSignal.Ignored, "grpc_cancelled");

        // The call's own timeout says that the endpoint was too slow; a deadline from above may have been spent elsewhere.
        Set(OutcomeReason.Timeout, MeshLib.Verdict.Failure, BreakerSignal.Failure, "timeout");
        Set(OutcomeReason.DeadlineExceeded, MeshLib.Verdict.Ignored, BreakerSignal.Ignored, "deadline_exceeded");
        Set(OutcomeReason.CallerCancelled, MeshLib.Verdict.Ignored, BreakerSignal.Ignored, "caller_cancelled");

        Set(OutcomeReason.Disapproved, MeshLib.Verdict.Retryable, BreakerSignal.Sickness, "disapproved");

        // Whoever says that it is going has not failed; it costs as much to ask it again as it costs to ask the overloaded.
        Set(OutcomeReason.Draining, MeshLib.Verdict.Overloaded, BreakerSignal.Ignored, "draining");

        Set(OutcomeReason.NoEndpoint, MeshLib.Verdict.Ignored, BreakerSignal.Ignored, "no_endpoint");
        Set(OutcomeReason.AllEndpointsOpen, MeshLib.Verdict.Ignored, BreakerSignal.Ignored, "all_endpoints_open");
        Set(OutcomeReason.PinnedEndpointUnknown, MeshLib.Verdict.Ignored, BreakerSignal.Ignored, "pinned_endpoint_unknown");
        Set(OutcomeReason.DiscoveryFailed, MeshLib.Verdict.Ignored, BreakerSignal.Ignored, "discovery_failed");
        Set(OutcomeReason.BulkheadFull, MeshLib.Verdict.Ignored, BreakerSignal.Ignored, "bulkhead_full");
        Set(OutcomeReason.Fault, MeshLib.Verdict.Ignored, BreakerSignal.Ignored, "fault");
        return meanings;
    }

    private readonly record struct Meaning(Verdict Verdict, BreakerSignal Signal, string Tag, bool NeverSent);
}
