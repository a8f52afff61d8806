using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Http.Resilience;
using Microsoft.Extensions.Time.Testing;
using Polly;
using Polly.CircuitBreaker;
using Polly.Registry;

namespace MeshLib.Scenarios.Tests.Traps;

/// <summary>Traps of Polly's mechanics.</summary>
public partial class PollyTraps
{
    private static readonly TimeSpan Break = TimeSpan.FromSeconds(1);

    [Fact]
    public async Task T29_ProbeIsCancelled_Today_ClosesTheBreaker()
    {
        var time = new FakeTimeProvider();
        var state = new CircuitBreakerStateProvider();
        var pipeline = await OpenAsync(time, state);
        time.Advance(Break);

        await Assert.ThrowsAsync<OperationCanceledException>(async () => await pipeline.ExecuteAsync(static _ => throw new OperationCanceledException()));

        Assert.Equal(CircuitState.Closed, state.CircuitState);
    }

    [Fact]
    public async Task T30_SuccessFromBeforeTheBreak_Today_ClosesTheHalfOpenBreaker()
    {
        var time = new FakeTimeProvider();
        var state = new CircuitBreakerStateProvider();
        var pipeline = Breaker(time, state);
        var late = new TaskCompletionSource();
        var probe = new TaskCompletionSource();
        var lateCall = pipeline.ExecuteAsync(async _ => await late.Task).AsTask();
        await FailAsync(pipeline);
        time.Advance(Break);
        var probeCall = pipeline.ExecuteAsync(async _ => await probe.Task).AsTask();
        Assert.Equal(CircuitState.HalfOpen, state.CircuitState);

        late.SetResult();
        await lateCall;

        Assert.Equal(CircuitState.Closed, state.CircuitState);
        probe.SetResult();
        await probeCall;
    }

    [Fact]
    public async Task T32_StateProvider_Today_CannotServeASecondAuthority()
    {
        var state = new CircuitBreakerStateProvider();
        await using var host = new TrapHost(services => services.AddHttpClient(TrapHost.Orders)
            .AddStandardResilienceHandler(options => options.CircuitBreaker.StateProvider = state)
            .SelectPipelineByAuthority());
        using var first = await host.Client().GetAsync("http://one/");

        await Assert.ThrowsAsync<InvalidOperationException>(() => host.Client().GetAsync("http://two/"));
    }

    [Fact]
    public async Task T33_Reload_Today_ForgetsThatTheCircuitIsOpen()
    {
        using var registry = new ResiliencePipelineRegistry<string>();
        var reload = new CancellationTokenSource();
        registry.TryAddBuilder("orders", (builder, context) =>
        {
            reload = new CancellationTokenSource();
            context.AddReloadToken(reload.Token);
            builder.AddCircuitBreaker(Options());
        });
        var pipeline = registry.GetPipeline("orders");
        await FailAsync(pipeline);
        await Assert.ThrowsAsync<BrokenCircuitException>(async () => await pipeline.ExecuteAsync(static _ => ValueTask.CompletedTask));

        await reload.CancelAsync();

        await pipeline.ExecuteAsync(static _ => ValueTask.CompletedTask);
    }

    [Fact]
    public async Task T33_ReloadThatThrows_Today_EndsReloadingForGood()
    {
        using var registry = new ResiliencePipelineRegistry<string>();
        var reload = new CancellationTokenSource();
        var builds = 0;
        registry.TryAddBuilder("orders", (builder, context) =>
        {
            reload = new CancellationTokenSource();
            context.AddReloadToken(reload.Token);
            if (++builds == 3)
            {
                throw new InvalidOperationException("A mistake in the settings.");
            }
        });
        registry.GetPipeline("orders");

        var seen = new List<int> { builds };
        for (var change = 0; change < 3; change++)
        {
            await reload.CancelAsync();
            seen.Add(builds);
        }

        Assert.Equal([1, 2, 3, 3], seen);
    }

    [Fact]
    public async Task T34_ManyAuthorities_Today_AreHeldForEver()
    {
        const int Authorities = 500;
        var built = 0;
        var disposed = 0;
        await using var host = new TrapHost(services => services.AddHttpClient(TrapHost.Orders)
            .AddResilienceHandler("instance", (pipeline, context) =>
            {
                Interlocked.Increment(ref built);
                context.OnPipelineDisposed(() => Interlocked.Increment(ref disposed));
                pipeline.AddRetry(TrapClients.ThreeRetriesAtOnce());
            })
            .SelectPipelineByAuthority());
        var client = host.Client();

        for (var authority = 0; authority < Authorities; authority++)
        {
            using var response = await client.GetAsync($"http://10.1.{authority / 250}.{authority % 250}/");
        }

        Assert.Equal(Authorities, built);
        Assert.Equal(0, disposed);
        Assert.DoesNotContain(typeof(ResiliencePipelineRegistry<>).GetMethods(), method => method.Name.Contains("Remove", StringComparison.Ordinal));
    }

    [Fact]
    public async Task T36_Rejections_Today_AreNoHttpRequestExceptions()
    {
        var isolated = new CircuitBreakerManualControl(isIsolated: true);
        await using var host = new TrapHost(services =>
        {
            services.AddHttpClient("open").AddResilienceHandler("breaker", pipeline => pipeline.AddCircuitBreaker(new HttpCircuitBreakerStrategyOptions { ManualControl = isolated }));
            services.AddHttpClient("full").AddResilienceHandler("bulkhead", pipeline => pipeline.AddConcurrencyLimiter(permitLimit: 1, queueLimit: 0));
            services.AddHttpClient("late").AddResilienceHandler("timeout", pipeline => pipeline.AddTimeout(TimeSpan.FromMilliseconds(20)));
        });
        host.Transport.Answer((Func<ScriptedRequest, HttpResponseMessage>?)null);

        var open = await Record.ExceptionAsync(() => host.Client("open").GetAsync("http://orders/"));
        var holding = host.Client("full").GetAsync("http://orders/");
        var exchange = await host.Transport.NextAsync();
        var full = await Record.ExceptionAsync(() => host.Client("full").GetAsync("http://orders/"));
        var late = await Record.ExceptionAsync(() => host.Client("late").GetAsync("http://orders/")).AsTask().WithinHangLimit();
        exchange.Respond(200);
        (await holding).Dispose();

        Assert.All([open, full, late], end =>
        {
            Assert.IsType<ExecutionRejectedException>(end, exactMatch: false);
            Assert.IsNotType<HttpRequestException>(end, exactMatch: false);
        });
    }

    private static CircuitBreakerStrategyOptions Options(CircuitBreakerStateProvider? state = null) => new()
    {
        FailureRatio = 0.5,
        MinimumThroughput = 2,
        BreakDuration = Break,
        StateProvider = state,
    };

    private static ResiliencePipeline Breaker(FakeTimeProvider time, CircuitBreakerStateProvider state) =>
        new ResiliencePipelineBuilder { TimeProvider = time }.AddCircuitBreaker(Options(state)).Build();

    private static async Task<ResiliencePipeline> OpenAsync(FakeTimeProvider time, CircuitBreakerStateProvider state)
    {
        var pipeline = Breaker(time, state);
        await FailAsync(pipeline);
        Assert.Equal(CircuitState.Open, state.CircuitState);
        return pipeline;
    }

    private static async Task FailAsync(ResiliencePipeline pipeline)
    {
        for (var failure = 0; failure < 2; failure++)
        {
            await Assert.ThrowsAsync<IOException>(async () => await pipeline.ExecuteAsync(static _ => throw new IOException()));
        }
    }
}
