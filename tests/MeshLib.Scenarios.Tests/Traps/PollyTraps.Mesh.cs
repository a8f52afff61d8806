using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.ServiceDiscovery;
using Microsoft.Extensions.Time.Testing;

namespace MeshLib.Scenarios.Tests.Traps;

public partial class PollyTraps
{
    private const int FailuresToOpen = 5;

    // The first break is 1 s with jitter; twice that is beyond any of it.
    private static readonly TimeSpan BeyondTheBreak = TimeSpan.FromSeconds(2);

    [Fact]
    public async Task T29_ProbeIsCancelled_Mesh_IsNoEvidenceAndAnotherProbeHeals()
    {
        var time = new FakeTimeProvider();
        await using var host = await OpenMeshAsync(time);
        time.Advance(BeyondTheBreak);
        host.Transport.Answer((Func<ScriptedRequest, HttpResponseMessage>?)null);
        using var impatience = new CancellationTokenSource();
        var probe = host.Client().GetAsync("http://orders/", impatience.Token);
        await host.Transport.NextAsync();
        Assert.Equal(EndpointState.Probing, host.Endpoint(0).State);

        await impatience.CancelAsync();
        var end = await Record.ExceptionAsync(() => probe);

        Assert.Equal(impatience.Token, Assert.IsType<OperationCanceledException>(end, exactMatch: false).CancellationToken);
        Assert.Equal(EndpointState.Open, host.Endpoint(0).State);

        host.Transport.AnswerWith(200);
        time.Advance(BeyondTheBreak);
        Assert.Equal([null], await host.CallAsync(1));
        Assert.Equal(EndpointState.Available, host.Endpoint(0).State);
    }

    [Fact]
    public async Task T30_SuccessFromBeforeTheBreak_Mesh_DoesNotCloseTheBreaker()
    {
        var time = new FakeTimeProvider();
        await using var host = TrapHost.Mesh(time, endpoints: 1);
        host.Transport.Answer((Func<ScriptedRequest, HttpResponseMessage>?)null);
        var late = host.Client().PostAsync("http://orders/", content: null);
        var lateExchange = await host.Transport.NextAsync();
        await FailAsync(host);

        time.Advance(BeyondTheBreak);
        host.Transport.Answer((Func<ScriptedRequest, HttpResponseMessage>?)null);
        var probe = host.Client().GetAsync("http://orders/");
        var probeExchange = await host.Transport.NextAsync();
        lateExchange.Respond(200);
        (await late.WithinHangLimit()).Dispose();

        Assert.Equal(EndpointState.Probing, host.Endpoint(0).State);
        probeExchange.Respond(503);
        (await probe.WithinHangLimit()).Dispose();
        Assert.Equal(EndpointState.Open, host.Endpoint(0).State);
    }

    [Fact]
    public async Task T33_Reload_Mesh_KeepsTheEndpointsAndTheirBreakers()
    {
        var time = new FakeTimeProvider();
        await using var host = await OpenMeshAsync(time, mesh => mesh.Services[TrapHost.Orders].CircuitBreaker.BreakDuration = TimeSpan.FromSeconds(30));
        var endpoint = host.Endpoint(0);
        var attempts = host.Transport.Attempts;

        Reload(host, time, "00:00:12");
        var end = Assert.Single(await host.CallAsync(1));

        Assert.Same(endpoint, host.Endpoint(0));
        Assert.Equal(EndpointState.Open, endpoint.State);
        Assert.Equal(OutcomeReason.AllEndpointsOpen, Assert.IsType<NoEndpointAvailableException>(end).Reason);
        Assert.Equal(attempts, host.Transport.Attempts);
    }

    [Fact]
    public async Task T33_ReloadWithAMistake_Mesh_KeepsTheLastGoodAndReloadsAgain()
    {
        var time = new FakeTimeProvider();
        await using var host = TrapHost.Mesh(time, endpoints: 1);
        await host.CallAsync(1);
        Reload(host, time, "00:00:02");
        await host.CallAsync(1);
        Assert.Equal("2000m", host.Transport.Requests[^1].MeshTimeout);

        Reload(host, time, "soon");
        await host.CallAsync(1);
        Assert.Equal("2000m", host.Transport.Requests[^1].MeshTimeout);
        Assert.Contains(host.Logs.Of("MeshLib"), entry => entry.Level >= LogLevel.Warning && entry.Message.Contains("Mesh:Services:orders:Timeout", StringComparison.Ordinal));

        Reload(host, time, "00:00:01");
        await host.CallAsync(1);
        Assert.Equal("1000m", host.Transport.Requests[^1].MeshTimeout);
    }

    [Fact]
    public async Task T34_ManyInstancesOverTime_Mesh_ForgetsThoseThatAreGone()
    {
        const int Instances = 200;
        var source = new ManualEndpointSource();
        var time = new FakeTimeProvider { AutoAdvanceAmount = TimeSpan.FromMilliseconds(60) };
        await using var host = new TrapHost(
            services =>
            {
                services.AddSingleton<IServiceEndpointProviderFactory>(source);
                services.AddMeshClient(TrapHost.Orders).ConfigurePrimaryHttpMessageHandler(static () => new Forgetful());
            },
            time,
            endpoints: 0);
        var gone = new List<WeakReference>();
        var client = host.Client();
        for (var instance = 0; instance < Instances; instance++)
        {
            var address = $"http://10.1.{instance / 250}.{instance % 250}:8080";
            source.Publish(TrapHost.Orders, address);
            await host.CallAsync(1, client);
            await Eventually.BecomesTrueAsync(() => host.View.Endpoints is [var only] && only.Address == new Uri(address));
            Remember(host, gone);
        }

        // Those of the last minutes are remembered, in case they come back.
        time.Advance(TimeSpan.FromMinutes(10));
        source.Publish(TrapHost.Orders, TrapHost.Address(0));
        await Eventually.BecomesTrueAsync(() => host.View.Endpoints is [var only] && only.Address == new Uri(TrapHost.Address(0)));
        await Eventually.BecomesTrueAfterCollectionAsync(() => gone.Count(reference => reference.IsAlive) <= 1);
    }

    [Fact]
    public async Task T36_Rejections_Mesh_AreHttpRequestExceptions()
    {
        var time = new FakeTimeProvider();
        await using var host = TrapHost.Mesh(time, endpoints: 1, configure: mesh => mesh.Services[TrapHost.Orders].Bulkhead.MaxConcurrency = 1);
        host.Transport.Answer((Func<ScriptedRequest, HttpResponseMessage>?)null);
        var holding = host.CallAsync(1);
        var exchange = await host.Transport.NextAsync();
        var full = Assert.Single(await host.CallAsync(1));
        exchange.Respond(200);
        await holding;
        var late = Assert.Single(await time.AdvanceUntilEndedAsync(host.CallAsync(1), TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(2)));
        await FailAsync(host);
        var open = Assert.Single(await host.CallAsync(1));

        AssertRejection<BulkheadRejectedException>(full, 503);
        AssertRejection<DeadlineExceededException>(late, 504);
        Assert.NotNull(AssertRejection<NoEndpointAvailableException>(open, 503).RetryAfter);
    }

    [Fact]
    public async Task T37_Metrics_Mesh_AreSecondsByServiceWithAnErrorOnlyOnFailure()
    {
        await using var host = TrapHost.Mesh();
        using var recorder = new MeterRecorder(host.Services.GetRequiredService<System.Diagnostics.Metrics.IMeterFactory>());
        await host.CallAsync(3);
        host.Transport.AnswerWith(500);
        await host.CallAsync(1);

        var requests = recorder.Of("mesh.client.request.duration");
        Assert.Equal("s", recorder.Instruments["mesh.client.request.duration"].Unit);
        Assert.Equal(4, requests.Count);
        Assert.All(requests, request => Assert.Contains(TrapHost.Orders, request.Tags.Values));
        Assert.All(requests, request => Assert.DoesNotContain(request.Tags.Values, value => value is "200" or 200));
        Assert.All(requests.Take(3), request => Assert.DoesNotContain("error.type", request.Tags.Keys));
        Assert.Equal(0, recorder.Sum("mesh.client.active_requests"));
        Assert.NotEmpty(recorder.Observe("mesh.endpoints"));
        Assert.DoesNotContain(recorder.Measurements, measurement => measurement.Tags.Values.Any(value => value?.ToString()?.Contains("10.0.0.", StringComparison.Ordinal) ?? false));
    }

    private static T AssertRejection<T>(Exception? end, int status)
        where T : MeshException
    {
        var rejection = Assert.IsType<T>(end);
        Assert.Equal(status, (int?)rejection.StatusCode);
        Assert.Equal(TrapHost.Orders, rejection.Service);
        return rejection;
    }

    private static async Task<TrapHost> OpenMeshAsync(FakeTimeProvider time, Action<MeshOptions>? configure = null)
    {
        var host = TrapHost.Mesh(time, endpoints: 1, configure);
        await FailAsync(host);
        return host;
    }

    /// <summary>As many failures as open the breaker, without a retry: its back-off would wait for virtual time.</summary>
    private static async Task FailAsync(TrapHost host)
    {
        host.Transport.AnswerWith(503);
        using var client = host.Client();
        var failures = 0;
        do
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "http://orders/");
            request.AllowMeshRetry(false);
            using var response = await client.SendAsync(request);
        }
        while (++failures < FailuresToOpen && host.Endpoint(0).State != EndpointState.Open);

        Assert.Equal(EndpointState.Open, host.Endpoint(0).State);
    }

    /// <summary>Changes the configuration and lets the mesh take notice, which it does within two seconds.</summary>
    private static void Reload(TrapHost host, FakeTimeProvider time, string timeout)
    {
        host.Configuration["Mesh:Services:orders:Timeout"] = timeout;
        host.Configuration.Reload();
        time.Advance(TimeSpan.FromSeconds(2));
    }

    private static void Remember(TrapHost host, List<WeakReference> gone) => gone.Add(new WeakReference(host.View.Endpoints[0]));

    /// <summary>Answers and keeps nothing: a transport that records requests would keep the endpoints that their calls went to.</summary>
    private sealed class Forgetful : HttpMessageHandler
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            await Task.Yield();
            return new HttpResponseMessage { RequestMessage = request };
        }
    }
}
