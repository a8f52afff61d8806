using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.ServiceDiscovery;
using Microsoft.Extensions.Time.Testing;

namespace MeshLib.Scenarios.Tests.Traps;

public partial class DiscoveryTraps
{
    [Fact]
    public async Task T01_HandlerRotation_Mesh_LeavesNothingBehind()
    {
        var time = new CountingTimeProvider(TimeProvider.System);
        var source = new ManualEndpointSource();
        await using var host = TrapHost.Mesh(source, time);
        source.Publish(TrapHost.Orders, TrapHost.Address(0), TrapHost.Address(1));
        var factory = host.Services.GetRequiredService<IMeshHandlerFactory>();
        await CallThroughAsync(host, factory);
        var timers = time.LiveTimers;
        var endpoints = host.View.Endpoints;

        for (var rotation = 1; rotation < 10; rotation++)
        {
            await CallThroughAsync(host, factory);
        }

        Assert.Equal(10, host.Transport.Attempts);

        // The watch's own pause after the first answer may have been counted before; no rotation may add to it.
        Assert.InRange(time.LiveTimers, 0, timers);
        Assert.Equal(1, source.CreatedProviders);
        Assert.All(host.View.Endpoints.Zip(endpoints), pair => Assert.Same(pair.Second, pair.First));
    }

    [Fact]
    public async Task T02_ServiceIsCalledRarely_Mesh_KeepsOneWatchAndOneRegistration()
    {
        var time = new FakeTimeProvider();
        var counting = new CountingTimeProvider(time);
        var provider = new CountedProvider();
        await using var host = new TrapHost(
            services =>
            {
                services.AddSingleton<IServiceEndpointProviderFactory>(provider);
                services.AddMeshClient(TrapHost.Orders);
            },
            counting,
            endpoints: 0);
        await host.CallAsync(1);
        await Eventually.EqualsAsync(1, () => provider.LiveRegistrations);
        var timers = counting.LiveTimers;

        for (var call = 0; call < 40; call++)
        {
            time.Advance(TimeSpan.FromSeconds(30));
            Assert.Equal([null], await host.CallAsync(1));
        }

        Assert.Equal(1, provider.Created);
        Assert.Equal(1, provider.LiveRegistrations);

        // The pause after the first answer may have been counted before; no call may add to it.
        Assert.InRange(counting.LiveTimers, 0, timers);
    }

    [Fact]
    public async Task T03_RefreshFails_Mesh_ServesTheListThatWasGood()
    {
        var source = new ManualEndpointSource();
        await using var host = TrapHost.Mesh(source);
        source.Publish(TrapHost.Orders, TrapHost.Address(0));
        await host.CallAsync(1);

        source.Fail(TrapHost.Orders, new IOException("The registry is away."));
        var asked = source.PopulatesOf(TrapHost.Orders);
        await Eventually.BecomesTrueAsync(() => source.PopulatesOf(TrapHost.Orders) > asked);
        var ends = await host.CallAsync(200);

        Assert.All(ends, Assert.Null);
        Assert.True(source.PopulatesOf(TrapHost.Orders) - asked < 50, "The registry is asked by the watch at its own pace, and not by the calls.");
    }

    [Fact]
    public async Task T04_RefreshIsSlow_Mesh_DoesNotDelayACall()
    {
        var source = new ManualEndpointSource();
        var second = new ManualEndpointSource();
        await using var host = TrapHost.Mesh(source, second: second);
        source.Publish(TrapHost.Orders, TrapHost.Address(0));
        await host.CallAsync(1);

        source.Hang(TrapHost.Orders);
        second.Signal(TrapHost.Orders);
        await Eventually.EqualsAsync(1, () => source.HangingPopulatesOf(TrapHost.Orders));

        Assert.Equal([null], await host.CallAsync(1));
        Assert.Equal(1, source.HangingPopulatesOf(TrapHost.Orders));
    }

    [Fact]
    public async Task T05_APushingProviderBesideAPollingOne_Mesh_PollsTheOneThatDoesNotPush()
    {
        var time = new FakeTimeProvider();
        var beside = new ManualEndpointSource { PushesChanges = false };
        var pushing = new ManualEndpointSource();
        await using var host = TrapHost.Mesh(beside, time, second: pushing);
        beside.Publish(TrapHost.Orders, TrapHost.Address(0));
        await host.CallAsync(1);

        beside.Publish(TrapHost.Orders, TrapHost.Address(1));
        await time.AdvanceUntilAsync(() => beside.PopulatesOf(TrapHost.Orders) >= 2, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(70));
        await Eventually.BecomesTrueAsync(() => host.View.Endpoints is [var only] && only.Address == new Uri(TrapHost.Address(1)));
        await host.CallAsync(1);

        Assert.Equal([0, 1], host.Hosts);
    }

    [Fact]
    public async Task T06_SignalDuringARefresh_Mesh_IsActedOnWithoutAReader()
    {
        var source = new ManualEndpointSource();
        var second = new ManualEndpointSource();
        await using var host = TrapHost.Mesh(source, second: second);
        source.Publish(TrapHost.Orders, TrapHost.Address(0));
        await host.CallAsync(1);
        var before = source.PopulatesOf(TrapHost.Orders);

        source.Hang(TrapHost.Orders);
        second.Signal(TrapHost.Orders);
        await Eventually.EqualsAsync(1, () => source.HangingPopulatesOf(TrapHost.Orders));
        source.Publish(TrapHost.Orders, TrapHost.Address(1));
        source.Publish(TrapHost.Orders, TrapHost.Address(2));

        await Eventually.BecomesTrueAsync(() => host.View.Endpoints is [var only] && only.Address == new Uri(TrapHost.Address(2)));
        Assert.True(source.PopulatesOf(TrapHost.Orders) > before);
    }

    [Fact]
    public async Task T07_EmptyList_Mesh_ThrowsWhatCallersOfHttpClientHandle()
    {
        var source = new ManualEndpointSource();
        await using var host = TrapHost.Mesh(source);
        source.Publish(TrapHost.Orders);

        var end = Assert.Single(await host.CallAsync(1));

        var refused = Assert.IsType<NoEndpointAvailableException>(end);
        Assert.IsType<HttpRequestException>(end, exactMatch: false);
        Assert.Equal(TrapHost.Orders, refused.Service);
        Assert.Equal(0, refused.Attempts);
    }

    [Fact]
    public async Task T08_TwoClients_Mesh_ShareOneWalk()
    {
        await using var host = new TrapHost(services =>
        {
            services.AddMesh(mesh => mesh.Services[TrapHost.Orders].LoadBalancing.Policy = "RoundRobin");
            services.AddHttpClient("a").AddMeshHandler();
            services.AddHttpClient("b").AddMeshHandler();
        });

        for (var turn = 0; turn < 3; turn++)
        {
            await host.CallAsync(1, host.Client("a"));
            await host.CallAsync(1, host.Client("b"));
        }

        Assert.All(host.Transport.AttemptsPerEndpoint.Values, attempts => Assert.Equal(2, attempts));
        Assert.Equal(3, host.Transport.AttemptsPerEndpoint.Count);
    }

    [Theory]
    [InlineData("RoundRobin")]
    [InlineData("PeakEwma")]
    public async Task T08_FleetThatStartsTogether_Mesh_DoesNotBeginAtOneEndpoint(string policy)
    {
        var first = new HashSet<int>();
        for (var process = 0; process < 20; process++)
        {
            await using var host = TrapHost.Mesh(configure: mesh => mesh.Services[TrapHost.Orders].LoadBalancing.Policy = policy);
            await host.CallAsync(1);
            first.Add(host.Hosts[0]);
        }

        // All twenty at one endpoint by chance: once in 3^19.
        Assert.True(first.Count > 1);
    }

    [Fact]
    public async Task T10_OneOfTwoIsDead_Mesh_AnswersEveryCall()
    {
        await using var host = TrapHost.Mesh(endpoints: 2);
        host.Transport.Answer(FirstIsDead);

        var ends = await host.CallAsync(10);

        Assert.All(ends, Assert.Null);
    }

    [Fact]
    public async Task T11_HostHeader_Mesh_IsTakenBackAfterEachAttempt()
    {
        await using var host = new TrapHost(services =>
        {
            services.AddServiceDiscovery().AddConfigurationServiceEndpointProvider(options => options.ShouldApplyHostNameMetadata = _ => true);
            services.AddMeshClient(TrapHost.Orders);
        });
        host.Transport.Answer(request => ScriptedTransport.Response(request.Number == 1 ? 503 : 200));
        using var request = new HttpRequestMessage(HttpMethod.Get, "http://orders/");

        using var response = await host.Client().SendAsync(request);

        Assert.Equal(2, host.Transport.Attempts);
        Assert.All(host.Transport.Requests, attempt => Assert.Equal(TrapHost.Orders, attempt.Host));
        Assert.Null(request.Headers.Host);
        Assert.Equal(new Uri("http://orders/"), request.RequestUri);
    }

    private static async Task CallThroughAsync(TrapHost host, IMeshHandlerFactory factory)
    {
        using var handler = factory.CreateHandler(host.Transport);
        using var client = new HttpClient(handler);
        Assert.Equal([null], await host.CallAsync(1, client));
    }
}
