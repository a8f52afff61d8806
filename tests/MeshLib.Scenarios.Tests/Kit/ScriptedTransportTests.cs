namespace MeshLib.Scenarios.Tests.Kit;

public class ScriptedTransportTests
{
    private static readonly Uri s_address = new("http://orders.test:8080/");

    [Fact]
    public async Task Attempt_WhenTakenByTheTest_ShowsWhatWasSentAndGetsItsAnswer()
    {
        using var transport = new ScriptedTransport { CaptureBodies = true };
        using var client = new HttpClient(transport) { BaseAddress = s_address };
        using var request = new HttpRequestMessage(HttpMethod.Post, "/cart") { Content = new StringContent("two apples") };
        request.Headers.Add("mesh-timeout", "250m");
        request.Headers.Add(ScriptedRequest.IdHeader, "call-1");
        request.Headers.Host = "orders";

        var call = client.SendAsync(request);
        var exchange = await transport.NextAsync();
        Assert.Equal(1, transport.InFlight);
        var body = exchange.Respond(201, "done", ("mesh-retry", "no"));
        using var response = await call.WithinHangLimit();

        Assert.Equal("http://orders.test:8080", exchange.Request.Endpoint);
        Assert.Equal("orders", exchange.Request.Host);
        Assert.Equal("250m", exchange.Request.MeshTimeout);
        Assert.Null(exchange.Request.MeshAttempt);
        Assert.Equal("two apples"u8.ToArray(), exchange.Request.Body);
        Assert.Equal("no", Assert.Single(response.Headers.GetValues("mesh-retry")));
        Assert.Equal("done", await response.Content.ReadAsStringAsync());
        Assert.True(body.IsReadToEnd);
        Assert.Equal(1, transport.AttemptsPerId["call-1"]);
        Assert.Equal(0, transport.InFlight);
    }

    [Fact]
    public async Task Attempt_WhenItsTokenIsCancelled_EndsAndTellsTheTest()
    {
        using var transport = new ScriptedTransport();
        using var client = new HttpClient(transport) { BaseAddress = s_address };
        using var cancellation = new CancellationTokenSource();
        var call = client.GetAsync("/", cancellation.Token);
        var exchange = await transport.NextAsync();

        await cancellation.CancelAsync();

        await exchange.Cancelled.WithinHangLimit();
        await Assert.ThrowsAsync<TaskCanceledException>(() => call);
        Assert.Equal(1, transport.Cancelled);
    }

    [Fact]
    public async Task DeafAttempt_WhenItsTokenIsCancelled_GoesOnUntilItIsAnswered()
    {
        using var transport = new ScriptedTransport();
        using var invoker = new HttpMessageInvoker(transport);
        using var cancellation = new CancellationTokenSource();
        using var request = new HttpRequestMessage(HttpMethod.Get, s_address);
        var call = invoker.SendAsync(request, cancellation.Token);
        var exchange = await transport.NextAsync();
        exchange.Hang(ignoringCancellation: true);

        await cancellation.CancelAsync();

        await exchange.Cancelled.WithinHangLimit();
        Assert.False(call.IsCompleted);
        exchange.Respond(200);
        (await call.WithinHangLimit()).Dispose();
    }

    [Fact]
    public async Task Body_WhenItStallsAndBreaks_FollowsItsScript()
    {
        using var transport = new ScriptedTransport();
        var body = ScriptedBody.Of("half").ThenStall().Then("rest").ThenBreak().WithoutLength();
        transport.Answer(_ => ScriptedTransport.Response(200, body));
        using var client = new HttpClient(transport) { BaseAddress = s_address };
        var response = await client.GetAsync("/", HttpCompletionOption.ResponseHeadersRead);
        Assert.Null(response.Content.Headers.ContentLength);
        var stream = await response.Content.ReadAsStreamAsync();
        var buffer = new byte[10];

        Assert.Equal(4, await stream.ReadAsync(buffer));
        var stalled = stream.ReadAsync(buffer).AsTask();
        Assert.False(stalled.IsCompleted);
        body.Release();

        Assert.Equal(4, await stalled.WithinHangLimit());
        await Assert.ThrowsAsync<IOException>(() => stream.ReadExactlyAsync(buffer).AsTask());
        Assert.False(body.IsReadToEnd);
        Assert.False(body.IsDisposed);
        response.Dispose();
        Assert.True(body.IsDisposed);
    }

    [Fact]
    public void Answer_WhenSynchronous_CompletesOnTheCallersThread()
    {
        using var transport = new ScriptedTransport { AnswersAsynchronously = false };
        transport.AnswerWith(204);
        using var invoker = new HttpMessageInvoker(transport);
        using var request = new HttpRequestMessage(HttpMethod.Get, s_address);

        Assert.True(invoker.SendAsync(request, CancellationToken.None).IsCompletedSuccessfully);
    }
}
