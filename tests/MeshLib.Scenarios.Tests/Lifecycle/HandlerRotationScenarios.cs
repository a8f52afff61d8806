using Microsoft.Extensions.DependencyInjection;

namespace MeshLib.Scenarios.Tests.Lifecycle;

/// <summary>L06: HttpClientFactory makes a new handler chain every two minutes; nothing that the mesh remembers may go with the old one.</summary>
public class HandlerRotationScenarios
{
    // A tenth of 20 calls per second takes more than a second, and one more is just beginning.
    private const int CallsAtOnce = 10;

    private static readonly TimeSpan s_cleanUp = TimeSpan.FromSeconds(60);
    private static readonly Uri s_url = new($"http://{ScenarioRun.Service}/");

    [Fact]
    public async Task L06_WhenHandlersRotateTenTimes_EndpointsBreakersBudgetsAndTimersStayTheSame()
    {
        var clock = new CountingTimeProvider(new OddClock());
        using var transport = new ScriptedTransport();
        var source = new ManualEndpointSource();
        source.Publish(ScenarioRun.Service, "http://127.0.0.1:1", "http://127.0.0.1:2");
        await using var run = new ScenarioRun([], new ScenarioSettings
        {
            Services = services => services.AddSingleton<TimeProvider>(clock).AddSingleton<Microsoft.Extensions.ServiceDiscovery.IServiceEndpointProviderFactory>(source),
            Client = client => client.UseTransport(transport),
        });
        transport.Answer(request => ScriptedTransport.Response(request.Uri.Port == 1 ? 503 : 200));
        for (var call = 0; call < 10; call++)
        {
            await run.PostAsync();
            using var pinned = new HttpRequestMessage(HttpMethod.Get, "/");
            pinned.PinMeshEndpoint(new Uri("http://127.0.0.1:1"));
            await run.SendAsync(pinned);
        }

        var endpoints = MeshState.EndpointsOf(run.Host);
        var service = MeshState.ServiceOf(run.Host);
        var (balance, timers, sick) = (service.Budget.Balance, clock.LiveTimers, transport.AttemptsTo("http://127.0.0.1:1"));
        Assert.Contains(endpoints, endpoint => endpoint.Breaker.State == BreakerState.Open);

        for (var rotation = 0; rotation < 10; rotation++)
        {
            using var chain = HandlerChains.NewChain(run.Host, ScenarioRun.Service);
            using var request = new HttpRequestMessage(HttpMethod.Get, s_url);
            using var response = await chain.SendAsync(request, CancellationToken.None).WithinHangLimit();
            Assert.True(response.IsSuccessStatusCode);
        }

        Assert.Equal(endpoints, MeshState.EndpointsOf(run.Host));
        Assert.Same(service, MeshState.ServiceOf(run.Host));
        Assert.Equal(sick, transport.AttemptsTo("http://127.0.0.1:1"));
        Assert.Contains(endpoints, endpoint => endpoint.Breaker.State == BreakerState.Open);
        Assert.InRange(service.Budget.Balance, balance, balance + (10 * 0.1) + 0.001);
        Assert.Equal(timers, clock.LiveTimers);
        Assert.Equal(1, source.LiveProviders);
        Assert.Equal(1, source.CreatedProviders);
        await run.AssertInvariantsAsync([]);
    }

    [Fact]
    public async Task L06_WhenAHandlerIsRotatedUnderALongCall_TheCallEndsWell()
    {
        await using var fleet = new Fleet(1, Faults.Delay(TimeSpan.FromSeconds(1.2)));
        await using var run = new ScenarioRun(fleet.Addresses, new ScenarioSettings
        {
            Timeout = TimeSpan.FromSeconds(5),
            AttemptTimeout = TimeSpan.FromSeconds(4),
            Client = client => client.SetHandlerLifetime(TimeSpan.FromSeconds(1)),
        });
        var factory = run.Host.GetRequiredService<IHttpClientFactory>();

        var across = run.GetAsync();
        await Task.Delay(TimeSpan.FromSeconds(1.1), TimeProvider.System);
        using var rotated = factory.CreateClient(ScenarioRun.Service);
        var second = rotated.GetStringAsync("/");

        Assert.True((await across).Succeeded);
        Assert.Equal("ok", await second.WithinHangLimit());
        Assert.Single(MeshState.EndpointsOf(run.Host));
        await run.AssertInvariantsAsync(fleet.Counts);
    }

    [Fact]
    public async Task L06_WhenHandlersRotateForLong_StateStaysAndOldConnectionsEnd()
    {
        const int pause = 50;
        var rounds = ScenarioLength.Of(3, 600) * 1000 / pause;
        await using var fleet = new Fleet(2, Faults.Sometimes(0.1, Faults.Delay(TimeSpan.FromSeconds(1.2))));
        await using var run = new ScenarioRun(fleet.Addresses, ScenarioSettings.Unhurried with { Client = client => client.SetHandlerLifetime(TimeSpan.FromSeconds(1)) });
        var factory = run.Host.GetRequiredService<IHttpClientFactory>();
        Assert.True((await run.GetAsync()).Succeeded);
        var endpoints = MeshState.EndpointsOf(run.Host);

        var calls = new List<Task<string>>(rounds);
        for (var round = 0; round < rounds; round++)
        {
            calls.Add(CallAsync(factory));
            await Task.Delay(TimeSpan.FromMilliseconds(pause), run.Clock);
        }

        Assert.All(await Task.WhenAll(calls).WithinHangLimit(), answer => Assert.Equal("ok", answer));
        Assert.Equal(endpoints, MeshState.EndpointsOf(run.Host));

        // The factory disposes a chain some seconds after the last client that used it was collected; what remains is the client of the run and the last chain.
        await Eventually.BecomesTrueAfterCollectionAsync(() => fleet.Counts.Sum(counts => counts.OpenConnections) <= 2 * CallsAtOnce, s_cleanUp);
        await run.AssertInvariantsAsync(fleet.Counts);
    }

    private static async Task<string> CallAsync(IHttpClientFactory factory)
    {
        using var client = factory.CreateClient(ScenarioRun.Service);
        return await client.GetStringAsync("/");
    }
}
