using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.ServiceDiscovery;
using Microsoft.Extensions.ServiceDiscovery.Http;
using Microsoft.Extensions.Time.Testing;
using Polly;

namespace MeshLib.Scenarios.Tests.Traps;

/// <summary>
/// Traps of Microsoft.Extensions.ServiceDiscovery. Those named <c>Today</c> pin what the packages do, so that a repair there is noticed;
/// those named <c>Mesh</c> require what MeshLib does instead.
/// </summary>
public partial class DiscoveryTraps
{
    private const int Rotations = 6;
    private static readonly TimeSpan RefreshPeriod = TimeSpan.FromMilliseconds(200);

    [Fact]
    public async Task T01_HandlerRotation_Today_LeavesATimerBehindForEachHandler()
    {
        var time = new CountingTimeProvider(TimeProvider.System);
        await using var host = new TrapHost(services => services.AddServiceDiscovery(), time);
        var factory = host.Services.GetRequiredService<IServiceDiscoveryHttpMessageHandlerFactory>();

        for (var rotation = 0; rotation < Rotations; rotation++)
        {
            using var handler = factory.CreateHandler(host.Transport);
            using var client = new HttpClient(handler);
            await host.CallAsync(1, client);
        }

        Assert.Equal(Rotations, host.Transport.Attempts);
        Assert.Equal(Rotations, time.LiveTimers);
    }

    [Fact]
    public async Task T03_RefreshFails_Today_DropsTheListThatWasGood()
    {
        var source = new ManualEndpointSource();
        await using var host = ManualDiscovery(source);
        source.Publish(TrapHost.Orders, TrapHost.Address(0));
        Assert.Equal([null], await host.CallAsync(1));

        source.Fail(TrapHost.Orders, new IOException("The registry is away."));
        var asked = source.PopulatesOf(TrapHost.Orders);
        var ends = await host.CallAsync(3);

        Assert.All(ends, end => Assert.IsType<IOException>(end));
        Assert.True(source.PopulatesOf(TrapHost.Orders) - asked >= 2, "Every call asks the registry again.");
    }

    [Fact]
    public async Task T04_RefreshIsSlow_Today_MakesTheCallWaitForIt()
    {
        var source = new ManualEndpointSource();
        var second = new ManualEndpointSource();
        await using var host = ManualDiscovery(source, second: second);
        source.Publish(TrapHost.Orders, TrapHost.Address(0));
        await host.CallAsync(1);

        source.Hang(TrapHost.Orders);
        second.Signal(TrapHost.Orders);
        await Eventually.EqualsAsync(1, () => source.HangingPopulatesOf(TrapHost.Orders));
        var call = host.CallAsync(1);

        Assert.False(call.IsCompleted);
        Assert.Equal(1, host.Transport.Attempts);
        source.Resume(TrapHost.Orders);
        Assert.Equal([null], await call);
    }

    [Fact]
    public async Task T05_APushingProviderBesideAPollingOne_Today_EndsThePolling()
    {
        var time = new FakeTimeProvider();
        var alone = new ManualEndpointSource { PushesChanges = false };
        await using var host = ManualDiscovery(alone, time);
        alone.Publish(TrapHost.Orders, TrapHost.Address(0));
        await host.CallAsync(1);
        await time.AdvanceUntilAsync(() => alone.PopulatesOf(TrapHost.Orders) >= 3, RefreshPeriod, 10 * RefreshPeriod);

        var beside = new ManualEndpointSource { PushesChanges = false };
        var pushing = new ManualEndpointSource();
        await using var both = ManualDiscovery(beside, time, pushing);
        beside.Publish(TrapHost.Orders, TrapHost.Address(0));
        await both.CallAsync(1);
        for (var period = 0; period < 10; period++)
        {
            time.Advance(RefreshPeriod);
            await both.CallAsync(1);
        }

        Assert.Equal(1, beside.PopulatesOf(TrapHost.Orders));
    }

    [Fact]
    public async Task T07_EmptyList_Today_ThrowsWhatNoRetryHandles()
    {
        var source = new ManualEndpointSource();
        await using var host = ManualDiscovery(source);
        source.Publish(TrapHost.Orders);

        var end = Assert.Single(await host.CallAsync(1));

        Assert.IsType<InvalidOperationException>(end);
        Assert.Equal(0, host.Transport.Attempts);
    }

    [Fact]
    public async Task T08_TwoClients_Today_WalkInStep()
    {
        await using var host = new TrapHost(services =>
        {
            services.AddServiceDiscovery();
            services.AddHttpClient("a").AddServiceDiscovery();
            services.AddHttpClient("b").AddServiceDiscovery();
        });

        await host.CallAsync(4, host.Client("a"));
        await host.CallAsync(4, host.Client("b"));

        Assert.Equal([1, 2, 0, 1, 1, 2, 0, 1], host.Hosts);
    }

    [Fact]
    public async Task T10_OneOfTwoIsDead_Today_FailsEverySecondCall()
    {
        await using var host = new TrapHost(
            services =>
            {
                services.AddServiceDiscovery();
                services.AddHttpClient(TrapHost.Orders).AddServiceDiscovery();
            },
            endpoints: 2);
        host.Transport.Answer(FirstIsDead);

        var ends = await host.CallAsync(10);

        Assert.Equal(5, ends.Count(end => end is HttpRequestException));
    }

    [Fact]
    public async Task T11_HostHeader_Today_StaysOnTheRequest()
    {
        await using var host = new TrapHost(services =>
        {
            services.AddServiceDiscovery().AddConfigurationServiceEndpointProvider(options => options.ShouldApplyHostNameMetadata = _ => true);
            services.AddHttpClient(TrapHost.Orders).AddServiceDiscovery();
        });
        using var request = new HttpRequestMessage(HttpMethod.Get, "http://orders/");

        using var response = await host.Client().SendAsync(request);

        Assert.Equal(new Uri("http://orders/"), request.RequestUri);
        Assert.Equal(TrapHost.Orders, request.Headers.Host);
    }

    internal static HttpResponseMessage FirstIsDead(ScriptedRequest request) =>
        request.Endpoint == TrapHost.Address(0) ? throw TransportErrors.Refused() : ScriptedTransport.Response(200);

    private static TrapHost ManualDiscovery(ManualEndpointSource source, TimeProvider? time = null, ManualEndpointSource? second = null) => new(
        services =>
        {
            services.AddServiceDiscoveryCore(options => options.RefreshPeriod = RefreshPeriod);
            services.AddSingleton<IServiceEndpointProviderFactory>(source);
            if (second is not null)
            {
                services.AddSingleton<IServiceEndpointProviderFactory>(second);
            }

            var builder = services.AddHttpClient(TrapHost.Orders);
            builder.AddResilienceHandler("retry", pipeline => pipeline.AddRetry(TrapClients.ThreeRetriesAtOnce()));
            builder.AddServiceDiscovery();
        },
        time);
}
