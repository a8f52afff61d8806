using System.Net;

namespace MeshLib.Scenarios.Tests.Kit;

public class Http2FaultServerTests
{
    [Fact]
    public async Task Ok_ServesManyStreamsOnOneConnection()
    {
        await using var server = new Http2FaultServer();
        using var client = PlainClient.NewHttp2(server.Address);

        for (var call = 0; call < 5; call++)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, "/")
            {
                Version = HttpVersion.Version20,
                VersionPolicy = HttpVersionPolicy.RequestVersionExact,
                Content = new ByteArrayContent(new byte[100_000]),
            };
            request.Headers.Add(ScriptedRequest.IdHeader, $"call-{call}");
            using var response = await client.SendAsync(request).WithinHangLimit();
            Assert.Equal("ok", await response.Content.ReadAsStringAsync());
        }

        Assert.Equal(1, server.Counts.Connections);
        Assert.Equal(5, server.Counts.Requests);
        Assert.All(server.Counts.AttemptsPerId, pair => Assert.Equal(1, pair.Value));
        Assert.Equal(5, server.Counts.AttemptsPerId.Count);
    }

    /// <summary>The retries that SocketsHttpHandler makes by itself, which no budget above it can see.</summary>
    [Theory]
    [InlineData("Refused")]
    [InlineData("GoAwayUnprocessed")]
    [InlineData("EnhanceYourCalm")]
    public async Task UnprocessedRequest_SeenByAPlainClient_CostsFourAttempts(string fault)
    {
        await using var server = new Http2FaultServer(Named(fault));
        using var client = PlainClient.NewHttp2(server.Address);

        Assert.Equal(HttpRequestError.HttpProtocolError, await client.ErrorOfGetAsync().WithinHangLimit());

        Assert.Equal(4, server.Counts.Requests);
        Assert.Equal(fault == "Refused" ? 1 : 4, server.Counts.Connections);
    }

    [Theory]
    [InlineData("ResetInternal")]
    [InlineData("ResetConnection")]
    public async Task RequestOfUnknownFate_SeenByAPlainClient_IsNotRepeated(string fault)
    {
        await using var server = new Http2FaultServer(Named(fault));
        using var client = PlainClient.NewHttp2(server.Address);

        Assert.NotNull(await client.ErrorOfGetAsync().WithinHangLimit());

        Assert.Equal(1, server.Counts.Requests);
    }

    [Fact]
    public async Task GoAwayAfter_WhenRequestsGoOn_MovesThemToNewConnections()
    {
        await using var server = new Http2FaultServer(Http2Fault.GoAwayAfter(3));
        using var client = PlainClient.NewHttp2(server.Address);

        for (var call = 0; call < 9; call++)
        {
            Assert.Null(await client.ErrorOfGetAsync().WithinHangLimit());
        }

        Assert.Equal(9, server.Counts.Requests);
        Assert.Equal(3, server.Counts.Connections);
    }

    [Fact]
    public async Task DeadConnection_SeenByAPlainClient_FailsEveryLaterCall()
    {
        await using var server = new Http2FaultServer(Http2Fault.Dead);
        using var client = PlainClient.NewHttp2(server.Address, TimeSpan.FromMilliseconds(200));
        await Assert.ThrowsAsync<TaskCanceledException>(client.ErrorOfGetAsync);

        server.Fault = Http2Fault.Ok;

        await Assert.ThrowsAsync<TaskCanceledException>(client.ErrorOfGetAsync);
        Assert.Equal(1, server.Counts.Connections);
    }

    private static Http2Fault Named(string name) => (Http2Fault)typeof(Http2Fault).GetProperty(name)!.GetValue(null)!;
}
