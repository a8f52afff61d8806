using System.Net;
using System.Net.Sockets;

namespace MeshLib.Scenarios.Tests.Kit;

/// <summary>The fault server does what it says, and SocketsHttpHandler reports it as measured: what the mesh's classifier has to cope with.</summary>
public class FaultServerTests
{
    private static readonly TimeSpan s_short = TimeSpan.FromMilliseconds(300);

    public static TheoryData<string, HttpRequestError?> ErrorsOfFaults => new()
    {
        { "Refuse", HttpRequestError.ConnectionError },
        { "ResetBeforeAnswer", HttpRequestError.Unknown },
        { "ResetInHeaders", HttpRequestError.Unknown },
        { "ResetInBody", HttpRequestError.Unknown },
        { "FinInBody", HttpRequestError.ResponseEnded },
        { "FinInChunkedBody", HttpRequestError.ResponseEnded },
        { "Garbage", HttpRequestError.InvalidResponse },
        { "BadStatusLine", HttpRequestError.InvalidResponse },
        { "BadChunk", HttpRequestError.InvalidResponse },
        { "HugeHeaders", HttpRequestError.ConfigurationLimitExceeded },
        { "TwoContentLengths", null },
        { "ShortLength", null },
        { "Ok", null },
    };

    [Theory]
    [MemberData(nameof(ErrorsOfFaults))]
    public async Task Fault_SeenByAPlainClient_IsReportedAsMeasured(string fault, HttpRequestError? expected)
    {
        await using var server = new FaultServer((Fault)typeof(Faults).GetProperty(fault)!.GetValue(null)!);
        using var client = PlainClient.New(server.Address);

        Assert.Equal(expected, await client.ErrorOfGetAsync().WithinHangLimit());
        Assert.Equal(fault == "Refuse" ? 0 : 1, server.Counts.Requests);
    }

    [Theory]
    [InlineData("Hang")]
    [InlineData("HangAtAccept")]
    [InlineData("StalledBody")]
    [InlineData("StalledChunkedBody")]
    public async Task Stall_SeenByAPlainClient_EndsByItsTimeoutOnly(string fault)
    {
        await using var server = new FaultServer((Fault)typeof(Faults).GetProperty(fault)!.GetValue(null)!);
        using var client = PlainClient.New(server.Address, s_short);

        await Assert.ThrowsAsync<TaskCanceledException>(() => client.GetStringAsync("/")).WithinHangLimit();

        await Eventually.EqualsAsync(0, () => server.Counts.OpenConnections);
        Assert.Equal(fault == "HangAtAccept" ? 0 : 1, server.Counts.Abandoned);
    }

    /// <summary>SocketsHttpHandler repeats what has no body by itself, whatever its method: four attempts that no budget above it can see.</summary>
    [Theory]
    [InlineData("GET", false, 4)]
    [InlineData("POST", false, 4)]
    [InlineData("POST", true, 1)]
    public async Task FinBeforeAnswer_SeenByAPlainClient_CostsFourAttemptsUnlessABodyWasSent(string method, bool withBody, int attempts)
    {
        await using var server = new FaultServer(Faults.FinBeforeAnswer);
        using var client = PlainClient.New(server.Address);
        using var request = new HttpRequestMessage(new HttpMethod(method), "/") { Content = withBody ? new StringContent("once") : null };

        var exception = await Assert.ThrowsAsync<HttpRequestException>(() => client.SendAsync(request).WithinHangLimit());

        Assert.Equal(HttpRequestError.ResponseEnded, exception.HttpRequestError);
        Assert.Equal(attempts, server.Counts.Requests);
    }

    [Fact]
    public async Task FinAtAccept_SeenByAPlainClient_CostsSeveralConnectionsAndNoRequest()
    {
        await using var server = new FaultServer(Faults.FinAtAccept);
        using var client = PlainClient.New(server.Address);

        Assert.NotNull(await client.ErrorOfGetAsync().WithinHangLimit());

        Assert.InRange(server.Counts.Connections, 2, 4);
        Assert.Equal(0, server.Counts.Requests);
    }

    [Fact]
    public async Task EndlessInformational_SeenByAPlainClient_EndsInAnError()
    {
        await using var server = new FaultServer(Faults.EndlessInformational);
        using var client = PlainClient.New(server.Address);

        Assert.Equal(HttpRequestError.ConfigurationLimitExceeded, await client.ErrorOfGetAsync().WithinHangLimit());
    }

    [Fact]
    public async Task Port_WhenClosedAndOpenedAgain_StaysTheSame()
    {
        await using var server = new FaultServer();
        using var client = PlainClient.New(server.Address);
        var port = server.Port;
        Assert.Equal("ok", await client.GetStringAsync("/"));

        server.Fault = Faults.Refuse;
        var refused = await Assert.ThrowsAsync<HttpRequestException>(() => client.GetStringAsync("/"));
        server.Fault = Faults.Ok;

        Assert.Equal(SocketError.ConnectionRefused, Assert.IsType<SocketException>(refused.InnerException).SocketErrorCode);
        Assert.Equal("ok", await client.GetStringAsync("/"));
        Assert.Equal(port, server.Port);
    }

    [Fact]
    public async Task ConnectBlackhole_WhenConnected_NeitherAcceptsNorRefuses()
    {
        using var blackhole = await ConnectBlackhole.OpenAsync();
        using var client = PlainClient.New(blackhole.Address, configure: handler => handler.ConnectTimeout = s_short);

        var exception = await Assert.ThrowsAsync<TaskCanceledException>(() => client.GetStringAsync("/")).WithinHangLimit();

        Assert.IsType<TimeoutException>(exception.InnerException);
    }

    [Fact]
    public async Task FrozenConnection_WhenReused_NeverAnswersWhileNewOnesDo()
    {
        await using var server = new FaultServer();
        using var client = PlainClient.New(server.Address);
        using var patience = new CancellationTokenSource();
        await client.GetStringAsync("/");

        server.FreezeConnections();
        patience.CancelAfter(s_short);

        await Assert.ThrowsAsync<TaskCanceledException>(() => client.GetStringAsync("/", patience.Token));
        Assert.Equal("ok", await client.GetStringAsync("/"));
    }

    [Fact]
    public async Task FrozenConnection_WhenThawed_AnswersAgain()
    {
        await using var server = new FaultServer();
        using var client = PlainClient.New(server.Address);
        await client.GetStringAsync("/");

        server.FreezeConnections();
        server.ThawConnections();

        Assert.Equal("ok", await client.GetStringAsync("/"));
        Assert.Equal(1, server.Counts.Connections);
    }

    [Fact]
    public async Task StaleKeepAlive_WhenReused_SurfacesToThePlainClient()
    {
        await using var server = new FaultServer(Faults.StaleKeepAlive);
        using var client = PlainClient.New(server.Address);
        await client.GetStringAsync("/");

        using var content = new StringContent("once");
        await Assert.ThrowsAsync<HttpRequestException>(() => client.PostAsync("/", content));

        Assert.Equal(1, server.Counts.Received.Count(request => request.Method == "POST"));
    }

    [Fact]
    public async Task IdleLimit_WhenAConnectionIsIdle_ClosesIt()
    {
        await using var server = new FaultServer { IdleLimit = TimeSpan.FromMilliseconds(50) };
        using var client = PlainClient.New(server.Address);
        await client.GetStringAsync("/");

        await Eventually.EqualsAsync(0, () => server.Counts.OpenConnections);
        Assert.Equal(1, server.Counts.Connections);
    }

    [Fact]
    public async Task Upload_WhenItArrives_IsCountedWithItsIdAndLength()
    {
        await using var server = new FaultServer();
        using var client = PlainClient.New(server.Address);
        using var request = new HttpRequestMessage(HttpMethod.Post, "/upload") { Content = new ByteArrayContent(new byte[100_000]) };
        request.Headers.Add(ScriptedRequest.IdHeader, "call-1");
        request.Headers.TransferEncodingChunked = true;

        (await client.SendAsync(request)).Dispose();

        Assert.Equal(100_000, Assert.Single(server.Counts.Received).BodyLength);
        Assert.Equal(1, server.Counts.AttemptsPerId["call-1"]);
        Assert.Equal(1, server.Counts.BodiesReceived);
    }

    [Fact]
    public async Task EarlyReply_ToAnUpload_ReachesTheClient()
    {
        await using var server = new FaultServer(Faults.EarlyReply());
        using var client = PlainClient.New(server.Address);
        using var content = new ByteArrayContent(new byte[1024]);

        using var response = await client.PostAsync("/", content);

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, response.StatusCode);
        Assert.Equal(0, server.Counts.BodiesReceived);
    }

    [Fact]
    public async Task Redirect_SeenByAPlainClient_IsFollowedToAnyHost()
    {
        await using var canary = new FaultServer();
        await using var server = new FaultServer(Faults.Redirect(canary.Address.ToString()));
        using var client = PlainClient.New(server.Address);

        Assert.Equal("ok", await client.GetStringAsync("/"));
        Assert.Equal(1, canary.Counts.Requests);
    }

    [Fact]
    public async Task SlowAnswers_SeenByAPatientClient_ArriveWhole()
    {
        var pause = TimeSpan.FromMilliseconds(2);
        await using var server = new FaultServer(Faults.Sequence(
            Faults.SlowHeaders(pause),
            Faults.SlowBody(pause, pieces: 5),
            Faults.Chunked(pause, "one ", "two"),
            Faults.Delay(pause)));
        using var client = PlainClient.New(server.Address);

        Assert.Equal("ok", await client.GetStringAsync("/"));
        Assert.Equal("sssss", await client.GetStringAsync("/"));
        Assert.Equal("one two", await client.GetStringAsync("/"));
        Assert.Equal("ok", await client.GetStringAsync("/"));
    }

    [Fact]
    public async Task ServerSentEvents_WhenTheClientLeaves_EndAtTheServer()
    {
        await using var server = new FaultServer(Faults.ServerSentEvents(TimeSpan.FromMilliseconds(5)));
        using var client = PlainClient.New(server.Address);

        using (var response = await client.GetAsync("/", HttpCompletionOption.ResponseHeadersRead))
        using (var reader = new StreamReader(await response.Content.ReadAsStreamAsync()))
        {
            Assert.Equal("data: 1", await reader.ReadLineAsync().WithinHangLimit());
            Assert.Equal(1, server.Counts.Active);
        }

        await Eventually.EqualsAsync(0, () => server.Counts.Active);
    }
}
