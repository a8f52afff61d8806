using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace MeshLib;

/// <summary>Turns what came back from the wire into an <see cref="OutcomeReason"/>. Nobody else looks at a status or an exception.</summary>
internal sealed class OutcomeClassifier(TimeProvider time)
{
    // RFC 9113 section 7: the server did not process the stream, or closed the connection without an error before it did.
    private const long Http2NoError = 0x0;
    private const long Http2RefusedStream = 0x7;

    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(int.MaxValue);

    public AttemptOutcome Classify(HttpResponseMessage response, bool grpc, bool deadlineSpent, FailurePredicate? predicate = null)
    {
        var reason = grpc && response.StatusCode == HttpStatusCode.OK
            ? GrpcReason(GrpcStatus.FromHeaders(response), deadlineSpent)
            : HttpReason(response.StatusCode, deadlineSpent);
        if (reason == OutcomeReason.Ok && predicate?.IsFailure(response) == true)
        {
            reason = OutcomeReason.Disapproved;
        }

        var forbidden = response.Headers.NonValidated.TryGetValues(MeshHeaders.Retry, out var values) && values.Contains("no");
        var away = forbidden ? RetryAfter(response) : TimeSpan.Zero;
        if (reason is OutcomeReason.Ok or OutcomeReason.ClientError)
        {
            return new(response, reason) { Away = away };
        }

        // Of the failures only this one is an announcement: a 429 with the same headers means the caller's share, a 500 its request.
        if (away > TimeSpan.Zero && reason.MayAnnounce())
        {
            return new(response, reason) { Away = away, RetryAfter = away, RetryForbidden = true };
        }

        var pushback = grpc ? GrpcStatus.Pushback(response) : null;
        return new(response, reason)
        {
            RetryAfter = pushback is { } asked ? (asked > TimeSpan.Zero ? asked : TimeSpan.Zero) : RetryAfter(response),
            RetryForbidden = pushback < TimeSpan.Zero || forbidden,
        };
    }

    /// <summary>For an exception that no limit of ours and no caller caused.</summary>
    public static OutcomeReason Classify(Exception error) => error switch
    {
        // The connect timeout of SocketsHttpHandler: cancelled, by nobody we know, because of a time-out.
        OperationCanceledException { InnerException: TimeoutException } => OutcomeReason.ConnectTimeout,
        HttpRequestException failure => failure.HttpRequestError switch
        {
            HttpRequestError.NameResolutionError => OutcomeReason.NameResolution,
            HttpRequestError.SecureConnectionError => OutcomeReason.TlsFailed,
            HttpRequestError.ConnectionError or HttpRequestError.ProxyTunnelError => WasReset(failure) ? OutcomeReason.Reset : OutcomeReason.ConnectFailed,
            HttpRequestError.ResponseEnded => OutcomeReason.ResponseEnded,
            HttpRequestError.InvalidResponse or HttpRequestError.VersionNegotiationError => OutcomeReason.ProtocolError,
            HttpRequestError.ConfigurationLimitExceeded => OutcomeReason.ResponseTooLarge,
            HttpRequestError.HttpProtocolError => Http2Reason(failure),
            _ => failure.InnerException is HttpIOException io ? Classify(io) : OutcomeReason.Reset,
        },
        HttpIOException io => Classify(io),
        IOException or SocketException => OutcomeReason.Reset,
        _ => OutcomeReason.Fault,
    };

    /// <summary>The status of a gRPC call: in the headers of a trailers-only answer, in the trailers of any other; absent until then.</summary>
    public static OutcomeReason GrpcReason(int? status, bool deadlineSpent) => status switch
    {
        null or 0 => OutcomeReason.Ok,
        1 => OutcomeReason.GrpcCancelled,
        4 => deadlineSpent ? OutcomeReason.DeadlineExceeded : OutcomeReason.GrpcDeadlineExceeded,
        8 => OutcomeReason.GrpcResourceExhausted,
        14 => OutcomeReason.GrpcUnavailable,
        2 or 13 or 15 => OutcomeReason.GrpcInternal,
        _ => OutcomeReason.ClientError,
    };

    private static OutcomeReason HttpReason(HttpStatusCode status, bool deadlineSpent) => (int)status switch
    {
        < 400 => OutcomeReason.Ok,
        408 => OutcomeReason.RequestTimeout,
        429 => OutcomeReason.TooManyRequests,
        502 => OutcomeReason.BadGateway,
        503 => OutcomeReason.Unavailable,
        504 => deadlineSpent ? OutcomeReason.DeadlineExceeded : OutcomeReason.GatewayTimeout,

        // What the endpoint cannot do at all, no other try and no other endpoint of the same software can.
        501 or 505 => OutcomeReason.ClientError,
        >= 500 => OutcomeReason.ServerError,
        _ => OutcomeReason.ClientError,
    };

    private static OutcomeReason Classify(HttpIOException error) => error.HttpRequestError switch
    {
        HttpRequestError.ResponseEnded => OutcomeReason.ResponseEnded,
        HttpRequestError.InvalidResponse => OutcomeReason.ProtocolError,
        HttpRequestError.ConfigurationLimitExceeded => OutcomeReason.ResponseTooLarge,
        HttpRequestError.HttpProtocolError => Http2Reason(error),
        _ => OutcomeReason.Reset,
    };

    private static OutcomeReason Http2Reason(Exception error)
    {
        for (var cause = error; cause is not null; cause = cause.InnerException)
        {
            if (cause is HttpProtocolException { ErrorCode: Http2NoError or Http2RefusedStream })
            {
                return OutcomeReason.StreamRefused;
            }
        }

        return OutcomeReason.ProtocolError;
    }

    // A connection that was accepted and reset may have carried the request; only one that never came about cannot.
    private static bool WasReset(HttpRequestException failure) =>
        failure.InnerException is SocketException { SocketErrorCode: SocketError.ConnectionReset or SocketError.ConnectionAborted } or IOException;

    private TimeSpan RetryAfter(HttpResponseMessage response)
    {
        if (response.Headers.RetryAfter is { } value)
        {
            var wait = value.Delta ?? (value.Date - time.GetUtcNow()) ?? TimeSpan.Zero;
            return wait < TimeSpan.Zero ? TimeSpan.Zero : wait;
        }

        // The typed header knows no more seconds than an int can count. Whoever asks for more asks for more than any call has.
        return response.Headers.NonValidated.TryGetValues("Retry-After", out var values) && IsNumber(values.ToString()) ? LongestWait : TimeSpan.Zero;
    }

    private static bool IsNumber(ReadOnlySpan<char> text) => !text.IsEmpty && !text.ContainsAnyExceptInRange('0', '9');
}
