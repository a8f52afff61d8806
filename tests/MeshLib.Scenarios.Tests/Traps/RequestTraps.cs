using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Http.Resilience;
using Microsoft.Extensions.Time.Testing;
using Polly;
using Polly.CircuitBreaker;
using Polly.Timeout;

namespace MeshLib.Scenarios.Tests.Traps;

/// <summary>Traps of requests, bodies and time-outs.</summary>
public partial class RequestTraps
{
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(100);

    [Fact]
    public async Task T21_BodyStalls_Today_OutlivesEveryTimeout()
    {
        var time = new FakeTimeProvider();
        await using var host = new TrapHost(
            services => services.AddHttpClient(TrapHost.Orders).AddStandardResilienceHandler(options =>
            {
                options.AttemptTimeout.Timeout = TimeSpan.FromSeconds(1);
                options.TotalRequestTimeout.Timeout = TimeSpan.FromSeconds(2);
            }),
            time);
        var body = ScriptedBody.Of("half").ThenStall().Then("rest");
        host.Transport.Answer(_ => ScriptedTransport.Response(200, body));

        var call = host.Client().GetAsync("http://orders/");
        await Eventually.BecomesTrueAsync(() => body.BytesRead == 4);
        time.Advance(TimeSpan.FromSeconds(6));

        Assert.False(call.IsCompleted);
        body.Release();
        using var response = await call.WithinHangLimit();
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Fact]
    public async Task T21_BodyStreams_Today_HasGivenBackItsPermit()
    {
        await using var host = new TrapHost(services => services.AddHttpClient(TrapHost.Orders)
            .AddResilienceHandler("bulkhead", pipeline => pipeline.AddConcurrencyLimiter(permitLimit: 1, queueLimit: 0)));
        host.Transport.Answer(_ => ScriptedTransport.Response(200, ScriptedBody.Of("half").ThenStall()));
        var client = host.Client();

        using var first = await client.GetAsync("http://orders/", HttpCompletionOption.ResponseHeadersRead);
        using var second = await client.GetAsync("http://orders/", HttpCompletionOption.ResponseHeadersRead);

        Assert.Equal(HttpStatusCode.OK, second.StatusCode);
    }

    [Fact]
    public async Task T22_BodyThatCanBeReadOnce_Today_HidesTheAnswerOnRetry()
    {
        await using var host = new TrapHost(services => services.AddHttpClient(TrapHost.Orders)
            .AddResilienceHandler("retry", pipeline => pipeline.AddRetry(TrapClients.ThreeRetriesAtOnce())));
        host.Transport.CaptureBodies = true;
        host.Transport.AnswerWith(503);

        using var content = OnceOnly();
        var end = await Record.ExceptionAsync(() => host.Client().PutAsync("http://orders/", content));

        // SocketsHttpHandler wraps it in an HttpRequestException, which is then retried in vain; a stub shows it bare.
        Assert.IsType<InvalidOperationException>(end);
    }

    [Fact]
    public async Task T25_Post_Today_IsRetried()
    {
        await using var host = new TrapHost(services => services.AddHttpClient(TrapHost.Orders).AddStandardResilienceHandler(TrapClients.RetryAtOnce));
        host.Transport.AnswerWith(503);

        using var response = await host.Client().PostAsync("http://orders/", content: null);

        Assert.Equal(4, host.Transport.Attempts);
    }

    [Fact]
    public async Task T26_RetryAfterBeyondTheTimeLeft_Today_WaitsAndLosesTheAnswer()
    {
        var time = new FakeTimeProvider();
        var start = time.GetUtcNow();
        await using var host = new TrapHost(
            services => services.AddHttpClient(TrapHost.Orders).AddStandardResilienceHandler(options =>
            {
                options.AttemptTimeout.Timeout = TimeSpan.FromSeconds(1);
                options.TotalRequestTimeout.Timeout = TimeSpan.FromSeconds(3);
                options.Retry.MaxDelay = TimeSpan.FromSeconds(1);
            }),
            time);
        host.Transport.Answer(_ => ScriptedTransport.Response(429, "", ("Retry-After", "20")));

        var call = Record.ExceptionAsync(() => host.Client().GetAsync("http://orders/"));
        var end = await time.AdvanceUntilEndedAsync(call.AsTask(), Step, TimeSpan.FromSeconds(10));

        Assert.IsType<TimeoutRejectedException>(end);
        Assert.Equal(1, host.Transport.Attempts);
        Assert.True(time.GetUtcNow() - start >= TimeSpan.FromSeconds(3));
    }

    [Fact]
    public async Task T27_ConnectTimeouts_Today_NeverOpenTheBreaker()
    {
        var state = new CircuitBreakerStateProvider();
        await using var host = new TrapHost(services => services.AddHttpClient(TrapHost.Orders).AddResilienceHandler("both", pipeline => pipeline
            .AddRetry(TrapClients.ThreeRetriesAtOnce())
            .AddCircuitBreaker(new HttpCircuitBreakerStrategyOptions { MinimumThroughput = 2, StateProvider = state })));
        host.Transport.Answer(_ => throw ConnectTimeout());

        await host.CallAsync(1);

        Assert.Equal(4, host.Transport.Attempts);
        Assert.Equal(CircuitState.Closed, state.CircuitState);
    }

    [Fact]
    public async Task T28_GeneratedTimeoutOfZero_Today_IsNoTimeout()
    {
        var time = new FakeTimeProvider();
        var pipeline = new ResiliencePipelineBuilder { TimeProvider = time }
            .AddTimeout(new TimeoutStrategyOptions { TimeoutGenerator = static _ => ValueTask.FromResult(TimeSpan.Zero) })
            .Build();
        var work = new TaskCompletionSource();
        CancellationToken seen = default;

        var call = pipeline.ExecuteAsync(
            async token =>
            {
                seen = token;
                await work.Task.WaitAsync(token);
            },
            TestContext.Current.CancellationToken).AsTask();
        time.Advance(TimeSpan.FromHours(1));

        Assert.False(seen.IsCancellationRequested);
        work.SetResult();
        await call;
    }

    internal static StreamContent OnceOnly() => new(new ForwardOnlyStream([1, 2, 3]));

    /// <summary>As SocketsHttpHandler throws it; whoever looks for it compares the source of the exception.</summary>
    internal static Exception ConnectTimeout()
    {
        var exception = TransportErrors.ConnectTimeout();
        exception.Source = "System.Private.CoreLib";
        return exception;
    }

    private sealed class ForwardOnlyStream(byte[] bytes) : MemoryStream(bytes)
    {
        public override bool CanSeek => false;
    }
}
