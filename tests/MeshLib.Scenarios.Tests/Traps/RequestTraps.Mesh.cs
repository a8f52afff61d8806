using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace MeshLib.Scenarios.Tests.Traps;

public partial class RequestTraps
{
    [Fact]
    public async Task T21_BufferedBodyStalls_Mesh_EndsAtTheTimeout()
    {
        var time = new FakeTimeProvider();
        await using var host = TrapHost.Mesh(time, configure: mesh => mesh.Services[TrapHost.Orders].Timeout = TimeSpan.FromSeconds(5));
        host.Transport.Answer(_ => ScriptedTransport.Response(200, ScriptedBody.Of("half").ThenStall().Then("rest")));
        var start = time.GetUtcNow();

        var end = Assert.Single(await time.AdvanceUntilEndedAsync(host.CallAsync(1), Step, TimeSpan.FromSeconds(20)));

        Assert.IsType<DeadlineExceededException>(end);
        Assert.InRange(time.GetUtcNow() - start, TimeSpan.FromSeconds(4.9), TimeSpan.FromSeconds(5.5));
        Assert.True(host.Transport.Attempts >= 2, "The attempt that stalled in its body was tried again elsewhere.");
    }

    [Fact]
    public async Task T21_OneInstanceStallsInTheBody_Mesh_AnswersFromAnother()
    {
        var time = new FakeTimeProvider();
        await using var host = TrapHost.Mesh(time);
        host.Transport.Answer(request => request.Number == 1
            ? ScriptedTransport.Response(200, ScriptedBody.Of("half").ThenStall().Then("rest"))
            : ScriptedTransport.Response(200, "whole"));

        var end = Assert.Single(await time.AdvanceUntilEndedAsync(host.CallAsync(1), Step, TimeSpan.FromSeconds(20)));

        Assert.Null(end);
        Assert.Equal(2, host.Hosts.Distinct().Count());
    }

    [Fact]
    public async Task T21_StreamedBodyStalls_Mesh_EndsAtTheReadIdleTimeout()
    {
        var time = new FakeTimeProvider();
        await using var host = TrapHost.Mesh(time);
        host.Transport.Answer(_ => ScriptedTransport.Response(200, ScriptedBody.Of("half").WithoutLength().ThenStall()));
        using var response = await host.Client().GetAsync("http://orders/", HttpCompletionOption.ResponseHeadersRead);
        var start = time.GetUtcNow();

        var end = await time.AdvanceUntilEndedAsync(Record.ExceptionAsync(() => response.Content.ReadAsStringAsync()).AsTask(), TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(60));

        Assert.NotNull(end);
        Assert.InRange(time.GetUtcNow() - start, TimeSpan.FromSeconds(29.9), TimeSpan.FromSeconds(32));
    }

    [Fact]
    public async Task T21_BodyStreams_Mesh_HoldsItsPermitUntilTheEnd()
    {
        await using var host = TrapHost.Mesh(new FakeTimeProvider(), configure: mesh => mesh.Services[TrapHost.Orders].Bulkhead.MaxConcurrency = 1);
        host.Transport.Answer(_ => ScriptedTransport.Response(200, ScriptedBody.Of("half").WithoutLength().ThenStall()));
        var client = host.Client();

        using var first = await client.GetAsync("http://orders/", HttpCompletionOption.ResponseHeadersRead);
        var second = await Record.ExceptionAsync(() => client.GetAsync("http://orders/", HttpCompletionOption.ResponseHeadersRead));
        first.Dispose();
        using var third = await client.GetAsync("http://orders/", HttpCompletionOption.ResponseHeadersRead);

        Assert.IsType<BulkheadRejectedException>(second);
        Assert.Equal(HttpStatusCode.OK, third.StatusCode);
    }

    [Fact]
    public async Task T22_BodyThatCanBeReadOnce_Mesh_IsKeptAndSentAgain()
    {
        await using var host = TrapHost.Mesh();
        host.Transport.CaptureBodies = true;
        host.Transport.Answer(request => ScriptedTransport.Response(request.Number == 1 ? 503 : 200));
        using var request = new HttpRequestMessage(HttpMethod.Put, "http://orders/") { Content = OnceOnly() };
        request.Content.Headers.ContentLength = 3;
        request.AllowMeshRetry(true);

        using var response = await host.Client().SendAsync(request);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(2, host.Transport.Attempts);
        Assert.All(host.Transport.Requests, attempt => Assert.Equal([1, 2, 3], attempt.Body!));
    }

    [Theory]
    [InlineData(null)]
    [InlineData(3L)]
    public async Task T22_BodyOfUnknownLengthOrBeyondTheReplayLimit_Mesh_HandsTheAnswerBack(long? length)
    {
        await using var host = TrapHost.Mesh(configure: mesh => mesh.Services[TrapHost.Orders].Retry.ReplayLimit = 2);
        host.Transport.CaptureBodies = true;
        host.Transport.AnswerWith(503);
        using var request = new HttpRequestMessage(HttpMethod.Put, "http://orders/") { Content = OnceOnly() };
        request.Content.Headers.ContentLength = length;
        request.AllowMeshRetry(true);

        using var response = await host.Client().SendAsync(request);

        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        Assert.Equal(1, host.Transport.Attempts);
        Assert.Equal([1, 2, 3], host.Transport.Requests[0].Body!);
    }

    [Fact]
    public async Task T25_Post_Mesh_IsRetriedOnlyWhenNoServerHasSeenIt()
    {
        await using var host = TrapHost.Mesh();
        host.Transport.AnswerWith(503);
        using var failed = await host.Client().PostAsync("http://orders/", content: null);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, failed.StatusCode);
        Assert.Equal(1, host.Transport.Attempts);

        host.Transport.Answer(request => request.Number == 2 ? throw TransportErrors.Refused() : ScriptedTransport.Response(200));
        using var neverSent = await host.Client().PostAsync("http://orders/", content: null);

        Assert.Equal(HttpStatusCode.OK, neverSent.StatusCode);
        Assert.Equal(3, host.Transport.Attempts);
    }

    [Fact]
    public async Task T26_RetryAfterBeyondTheTimeLeft_Mesh_HandsTheAnswerBackAtOnce()
    {
        var time = new FakeTimeProvider();
        await using var host = TrapHost.Mesh(time, configure: mesh => mesh.Services[TrapHost.Orders].Timeout = TimeSpan.FromSeconds(3));
        host.Transport.Answer(_ => ScriptedTransport.Response(429, "", ("Retry-After", "20")));

        // Virtual time stands still: a wait of any length would hang.
        using var response = await host.Client().GetAsync("http://orders/").WithinHangLimit();

        Assert.Equal(HttpStatusCode.TooManyRequests, response.StatusCode);
        Assert.Equal(1, host.Transport.Attempts);
    }

    [Fact]
    public async Task T26_RetryAfterAsADate_Mesh_IsReadOnTheInjectedClock()
    {
        var time = new FakeTimeProvider(new DateTimeOffset(2001, 2, 3, 4, 5, 6, TimeSpan.Zero));
        await using var host = TrapHost.Mesh(time);
        host.Transport.Answer(request => request.Number == 1
            ? ScriptedTransport.Response(429, "", ("Retry-After", time.GetUtcNow().AddSeconds(2).ToString("R")))
            : ScriptedTransport.Response(200));
        var start = time.GetUtcNow();

        Assert.Equal([null], await time.AdvanceUntilEndedAsync(host.CallAsync(1), Step, TimeSpan.FromSeconds(10)));

        Assert.InRange(time.GetUtcNow() - start, TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(2.5));
    }

    [Fact]
    public async Task T27_ConnectTimeouts_Mesh_OpenTheBreakerOfThatEndpoint()
    {
        await using var host = TrapHost.Mesh(endpoints: 2, configure: mesh => mesh.Services[TrapHost.Orders].LoadBalancing.Policy = "RoundRobin");
        host.Transport.Answer(request => request.Endpoint == TrapHost.Address(0) ? throw ConnectTimeout() : ScriptedTransport.Response(200));

        var ends = await host.CallAsync(20);

        Assert.All(ends, Assert.Null);
        Assert.Equal(EndpointState.Open, host.Endpoint(0).State);
        Assert.Equal(5, host.Transport.AttemptsTo(TrapHost.Address(0)));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    public async Task T28_ExpiredDeadline_Mesh_FailsBeforeAnyAttempt(int seconds)
    {
        await using var host = TrapHost.Mesh();
        using var request = new HttpRequestMessage(HttpMethod.Get, "http://orders/");
        request.SetMeshDeadline(TimeSpan.FromSeconds(seconds));

        var end = await Record.ExceptionAsync(() => host.Client().SendAsync(request));

        var late = Assert.IsType<DeadlineExceededException>(end);
        Assert.Equal(0, late.Attempts);
        Assert.IsType<TimeoutException>(late.InnerException);
        Assert.Equal(0, host.Transport.Attempts);
    }
}
