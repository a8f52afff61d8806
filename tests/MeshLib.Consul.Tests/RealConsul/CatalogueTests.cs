using System.Collections.Concurrent;
using System.Net;
using MeshLib.TestKit;
using Microsoft.Extensions.DependencyInjection;

namespace MeshLib.Consul.Tests;

/// <summary>What a real catalogue holds, seen by those who call.</summary>
public class CatalogueTests(DevAgent fixture) : IClassFixture<DevAgent>
{
    private readonly ConsulAgent _consul = fixture.Agent;

    [Fact]
    [Trait("Scenario", "D16")]
    public async Task Instance_ThatFlaps_CostsNoCallAndGetsNoneOnceItHasLeft()
    {
        await using var stable = await RegisteredHost.ListedAsync(_consul, "flapping", "stable");
        await using var flapping = await RegisteredHost.UnlistedAsync(_consul);
        await using var caller = new MeshCaller(_consul.Address, "flapping");
        await caller.WarmUpAsync();
        await caller.UntilUsesAsync(stable);
        caller.StartLoad();
        var absences = new List<(long Left, long Back)>();
        MeshEndpoint? kept = null;
        for (var flap = 0; flap < ScenarioLength.Of(4, 20); flap++)
        {
            await _consul.ListAsync("flapping", "flapping", "127.0.0.1", flapping.Port);
            await caller.UntilUsesAsync(stable, flapping);
            var endpoint = caller.View!.Endpoints.Single(one => one.Address.Port == flapping.Port);
            Assert.Same(kept ??= endpoint, endpoint);
            var before = flapping.Calls.Count;
            await Eventually.BecomesTrueAsync(() => flapping.Calls.Count > before);

            await _consul.PutAsync("v1/agent/service/deregister/flapping");
            var left = TimeProvider.System.GetTimestamp();
            await Scene.LastsAsync(TimeSpan.FromSeconds(1.5));
            absences.Add((left, TimeProvider.System.GetTimestamp()));
        }

        await caller.StopLoadAsync();
        Assert.DoesNotContain(flapping.Calls, call => absences.Exists(absence => call < absence.Back && TimeProvider.System.GetElapsedTime(absence.Left, call) > TimeSpan.FromSeconds(1)));
    }

    [Fact]
    [Trait("Scenario", "D17")]
    public async Task TwoIdsAtOneAddress_GetTheShareOfOne()
    {
        await _consul.ListAsync("doubled", "a", "10.0.0.1", 8080);
        await _consul.ListAsync("doubled", "b", "10.0.0.1", 8080);
        await _consul.ListAsync("doubled", "c", "10.0.0.2", 8080);
        var counts = new CountingHandler();
        await using var caller = new MeshCaller(_consul.Address, "doubled", counts.Use, ("Services:doubled:LoadBalancing:Policy", "RoundRobin"));
        for (var call = 0; call < 10_000; call++)
        {
            await caller.CallAsync();
        }

        Assert.Equal(2, counts.PerAddress.Count);
        Assert.All(counts.PerAddress.Values, static count => Assert.InRange(count, 4750, 5250));
    }

    [Fact]
    [Trait("Scenario", "D18")]
    public async Task InstanceAtAnIPv6Address_GetsItsShare()
    {
        await using var old = await RegisteredHost.ListedAsync(_consul, "both", "v4");
        await using var six = await RegisteredHost.UnlistedAsync(_consul, "[::1]");
        await _consul.ListAsync("both", "v6", "::1", six.Port);
        await using var caller = new MeshCaller(_consul.Address, "both", ("Services:both:LoadBalancing:Policy", "RoundRobin"));
        for (var call = 0; call < 100; call++)
        {
            await caller.CallAsync();
        }

        Assert.Equal((50, 50), (old.Calls.Count, six.Calls.Count));
    }

    [Fact]
    [Trait("Scenario", "D19")]
    public async Task RowsThatAreNotUsable_GetNoCallAndAreCounted()
    {
        await _consul.ListAsync("mixed", "a", "10.0.0.1", 8080);
        await _consul.ListAsync("mixed", "b", "10.0.0.2", 8080);
        await _consul.ListAsync("mixed", "port", "10.0.0.3", 0);
        await _consul.ListAsync("mixed", "host-and-port", "10.0.0.4:90", 8080);
        await _consul.ListAsync("mixed", "metadata", "169.254.169.254", 80);
        var counts = new CountingHandler();
        await using var caller = new MeshCaller(_consul.Address, "mixed", counts.Use);
        for (var call = 0; call < 200; call++)
        {
            await caller.CallAsync();
        }

        Assert.Equal(["10.0.0.1:8080", "10.0.0.2:8080"], counts.PerAddress.Keys.Order(StringComparer.Ordinal));
        Assert.Equal(3, caller.Metrics.Sum("mesh.discovery.dropped"));
    }

    [Fact]
    [Trait("Scenario", "D24")]
    public async Task AThousandFirstCalls_AskConsulOnceAndOneThatLeavesTakesNobodyAlong()
    {
        await _consul.ListAsync("stampede", "a", "10.0.0.1", 8080);
        await using var relay = new ConsulRelay(_consul.Address);
        var counts = new CountingHandler();
        await using var caller = new MeshCaller(relay.Address, "stampede", counts.Use, ("Services:stampede:Bulkhead:MaxConcurrency", "1000"));
        using var leaves = new CancellationTokenSource();
        using var start = new Barrier(11);
        var calls = Enumerable.Range(0, 10).Select(_ => Task.Factory.StartNew(() =>
        {
            start.SignalAndWait();
            return Task.WhenAll(Enumerable.Range(0, 100).Select(_ => caller.CallAsync()));
        }, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default).Unwrap()).ToList();
        var leaver = caller.CallAsync(leaves.Token);
        await leaves.CancelAsync();
        start.SignalAndWait(TestContext.Current.CancellationToken);
        await Task.WhenAll(calls).WithinHangLimit();
        await leaver.ContinueWith(static _ => { }, TaskScheduler.Default);

        Assert.InRange(counts.PerAddress["10.0.0.1:8080"], 1000, 1001);
        Assert.Single(relay.Requests, static request => !request.IsBlocking);
    }

    /// <summary>Answers at once, for every address.</summary>
    private sealed class CountingHandler : HttpMessageHandler
    {
        public ConcurrentDictionary<string, int> PerAddress { get; } = new();

        public void Use(IHttpClientBuilder client) => client.ConfigurePrimaryHttpMessageHandler(() => this);

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            PerAddress.AddOrUpdate(request.RequestUri!.Authority, 1, static (_, count) => count + 1);
            return Task.FromResult(new HttpResponseMessage(HttpStatusCode.OK) { Content = new StringContent("ok") });
        }
    }
}
