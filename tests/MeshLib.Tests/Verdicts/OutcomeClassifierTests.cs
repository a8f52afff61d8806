using System.Net;
using System.Net.Sockets;
using MeshLib.TestKit;

namespace MeshLib.Tests.Verdicts;

/// <summary>The one place where outcomes are judged.</summary>
public class OutcomeClassifierTests
{
    private readonly OutcomeClassifier _classifier = new(TimeProvider.System);

    [Theory]
    [InlineData(101, OutcomeReason.Ok)]
    [InlineData(200, OutcomeReason.Ok)]
    [InlineData(302, OutcomeReason.Ok)]
    [InlineData(400, OutcomeReason.ClientError)]
    [InlineData(404, OutcomeReason.ClientError)]
    [InlineData(408, OutcomeReason.RequestTimeout)]
    [InlineData(429, OutcomeReason.TooManyRequests)]
    [InlineData(500, OutcomeReason.ServerError)]
    [InlineData(501, OutcomeReason.ClientError)]
    [InlineData(502, OutcomeReason.BadGateway)]
    [InlineData(503, OutcomeReason.Unavailable)]
    [InlineData(504, OutcomeReason.GatewayTimeout)]
    [InlineData(505, OutcomeReason.ClientError)]
    [InlineData(599, OutcomeReason.ServerError)]
    public void Status_HasOneMeaning(int status, OutcomeReason expected)
    {
        using var response = new HttpResponseMessage((HttpStatusCode)status);

        Assert.Equal(expected, _classifier.Classify(response, grpc: false, deadlineSpent: false).Reason);
    }

    [Theory]
    [InlineData(null, OutcomeReason.Ok)]
    [InlineData(0, OutcomeReason.Ok)]
    [InlineData(1, OutcomeReason.GrpcCancelled)]
    [InlineData(2, OutcomeReason.GrpcInternal)]
    [InlineData(3, OutcomeReason.ClientError)]
    [InlineData(4, OutcomeReason.GrpcDeadlineExceeded)]
    [InlineData(8, OutcomeReason.GrpcResourceExhausted)]
    [InlineData(12, OutcomeReason.ClientError)]
    [InlineData(13, OutcomeReason.GrpcInternal)]
    [InlineData(14, OutcomeReason.GrpcUnavailable)]
    [InlineData(15, OutcomeReason.GrpcInternal)]
    [InlineData(16, OutcomeReason.ClientError)]
    public void GrpcStatus_HasOneMeaning(int? status, OutcomeReason expected)
    {
        Assert.Equal(expected, OutcomeClassifier.GrpcReason(status, deadlineSpent: false));
        using var response = new HttpResponseMessage();
        if (status is not null)
        {
            response.Headers.Add("grpc-status", status.Value.ToString(System.Globalization.CultureInfo.InvariantCulture));
        }

        Assert.Equal(expected, _classifier.Classify(response, grpc: true, deadlineSpent: false).Reason);
    }

    [Fact]
    public void DeadlineThatIsSpent_MakesLatenessNoEvidence()
    {
        using var response = new HttpResponseMessage(HttpStatusCode.GatewayTimeout);

        Assert.Equal(OutcomeReason.DeadlineExceeded, _classifier.Classify(response, grpc: false, deadlineSpent: true).Reason);
        Assert.Equal(OutcomeReason.DeadlineExceeded, OutcomeClassifier.GrpcReason(4, deadlineSpent: true));
    }

    public static TheoryData<string, OutcomeReason> Exceptions => new()
    {
        { "refused", OutcomeReason.ConnectFailed },
        { "name", OutcomeReason.NameResolution },
        { "tls", OutcomeReason.TlsFailed },
        { "connect timeout", OutcomeReason.ConnectTimeout },
        { "proxy", OutcomeReason.ConnectFailed },
        { "reset on an open connection", OutcomeReason.Reset },
        { "reset", OutcomeReason.Reset },
        { "garbage", OutcomeReason.ProtocolError },
        { "ended", OutcomeReason.ResponseEnded },
        { "body ended", OutcomeReason.ResponseEnded },
        { "wrapped body ended", OutcomeReason.ResponseEnded },
        { "too large", OutcomeReason.ResponseTooLarge },
        { "goaway", OutcomeReason.StreamRefused },
        { "refused stream", OutcomeReason.StreamRefused },
        { "internal error", OutcomeReason.ProtocolError },
        { "enhance your calm", OutcomeReason.ProtocolError },
        { "fault", OutcomeReason.Fault },
        { "cancelled by a stranger", OutcomeReason.Fault },
    };

    [Theory]
    [MemberData(nameof(Exceptions))]
    public void Exception_HasOneMeaning(string name, OutcomeReason expected) => Assert.Equal(expected, OutcomeClassifier.Classify(Error(name)));

    [Fact]
    public void EveryReason_HasAVerdictASignalAndATagOfItsOwn()
    {
        var reasons = Enum.GetValues<OutcomeReason>();

        Assert.Equal(reasons.Length, reasons.Select(reason => reason.Tag()).Distinct().Count());
        Assert.All(reasons, reason => Assert.Matches("^[a-z_]+$", reason.Tag()));

        // What no server has seen is always worth another try, and what the mesh itself refused is nobody's failure.
        Assert.All(reasons.Where(reason => reason.NeverSent()), reason => Assert.Equal(Verdict.Retryable, reason.Verdict()));
        Assert.All(reasons.Where(reason => reason.Verdict() == Verdict.Ignored), reason => Assert.Equal(BreakerSignal.Ignored, reason.Signal()));
        Assert.All(reasons.Where(reason => reason.Verdict() == Verdict.Success), reason => Assert.Equal(BreakerSignal.Success, reason.Signal()));
    }

    private static Exception Error(string name) => name switch
    {
        "refused" => TransportErrors.Refused(),
        "name" => TransportErrors.NameNotResolved(),
        "tls" => TransportErrors.Tls(),
        "connect timeout" => TransportErrors.ConnectTimeout(),
        "proxy" => new HttpRequestException(HttpRequestError.ProxyTunnelError, "No tunnel."),
        "reset on an open connection" => new HttpRequestException(HttpRequestError.ConnectionError, "Reset.", new SocketException((int)SocketError.ConnectionReset)),
        "reset" => TransportErrors.Reset(),
        "garbage" => TransportErrors.Garbage(),
        "ended" => new HttpRequestException(HttpRequestError.ResponseEnded, "Ended."),
        "body ended" => TransportErrors.BodyEnded(),
        "wrapped body ended" => new HttpRequestException("Error while copying content to a stream.", TransportErrors.BodyEnded()),
        "too large" => new HttpRequestException(HttpRequestError.ConfigurationLimitExceeded, "Too large."),
        "goaway" => TransportErrors.Http2(0),
        "refused stream" => TransportErrors.Http2(7),
        "internal error" => TransportErrors.Http2(2),
        "enhance your calm" => TransportErrors.Http2(11),
        "cancelled by a stranger" => new TaskCanceledException(),
        _ => new InvalidOperationException(),
    };
}
