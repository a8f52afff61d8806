using MeshLib.TestKit;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace MeshLib.Consul.Tests;

/// <summary>A real agent that is not there yet, refuses or lies.</summary>
public class ConsulOutageTests
{
    [Fact]
    [Trait("Scenario", "D12")]
    public async Task Token_ThatIsDeletedOrMissing_CostsNoCallAndIsTold()
    {
        // Longer than the 10 s from which on readiness tells.
        var outage = ScenarioLength.Of(TimeSpan.FromSeconds(12), TimeSpan.FromSeconds(60));
        await using var consul = await ConsulAgent.StartAsync(new ConsulAgentSettings { AccessControl = true });
        await using var relay = new ConsulRelay(consul.Address);
        var (token, accessor) = await consul.CreateTokenAsync("orders");
        await using var host = await RegisteredHost.StartAsync(consul.Address, "orders", settings: ("Consul:Token", token));
        await using var stranger = await RegisteredHost.StartAsync(consul.Address, "strangers");
        await using var caller = new MeshCaller(relay.Address, "orders", ("Consul:Token", token), ("Consul:Wait", "00:00:01"));
        await caller.WarmUpAsync();
        await caller.UntilUsesAsync(host);
        await Eventually.BecomesTrueAsync(() => stranger.Logs.WithEvent(2104).Count == 1);
        caller.StartLoad();

        // Without a token an empty list, with an unknown one 403.
        await using var blind = new MeshCaller(consul.Address, "orders");
        await Assert.ThrowsAsync<NoEndpointAvailableException>(blind.CallAsync);
        await consul.Http.DeleteAsync($"v1/acl/token/{accessor}", TestContext.Current.CancellationToken);
        await Eventually.BecomesTrueAsync(() => caller.StaleFor > TimeSpan.Zero);
        var asked = relay.Requests.Count;
        await Scene.LastsAsync(outage);
        var requests = relay.Requests.Count - asked;
        Scene.Tell($"D12: {requests} requests in {outage.TotalSeconds:0} s of 403.");
        Assert.InRange(requests, 0, outage.TotalSeconds / 2);
        Assert.Equal(HealthStatus.Degraded, await caller.HealthAsync());
        await caller.UntilUsesAsync(host);
        await caller.StopLoadAsync();
        await Eventually.BecomesTrueAsync(() => host.Logs.WithEvent(2104).Count >= 1);
        Assert.DoesNotContain(host.Logs.Entries, entry => entry.Message.Contains(token, StringComparison.Ordinal));
    }

    [Fact]
    [Trait("Scenario", "D13")]
    public async Task Services_ThatVanishWhileTheyRun_AreKeptForTheGraceAndThenGoneForGood()
    {
        var grace = ScenarioLength.Of(TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(30));
        await using var consul = await ConsulAgent.StartAsync();
        await using var host = await RegisteredHost.ListedAsync(consul, "orders", "first");
        await using var caller = new MeshCaller(consul.Address, "orders", ("Consul:EmptyGrace", grace.ToString()));
        await caller.WarmUpAsync();
        await caller.UntilUsesAsync(host);
        var changes = caller.Changes;
        caller.StartLoad();

        // For a third of the grace, as after a mistake that is mended.
        await consul.PutAsync("v1/agent/service/deregister/first");
        await Eventually.BecomesTrueAsync(() => caller.StaleFor > TimeSpan.Zero);
        await Scene.LastsAsync(grace / 3);
        await consul.ListAsync("orders", "first", "127.0.0.1", host.Port);
        await caller.UntilFreshAsync(HangLimit.Default);
        await caller.StopLoadAsync();
        Assert.Equal(changes, caller.Changes);

        // And for good.
        await consul.PutAsync("v1/agent/service/deregister/first");
        await caller.UntilUsesAsync(grace + HangLimit.Default);
        var times = new List<TimeSpan>();
        for (var call = 0; call < 21; call++)
        {
            var began = TimeProvider.System.GetTimestamp();
            await Assert.ThrowsAsync<NoEndpointAvailableException>(caller.CallAsync);
            times.Add(Scene.Since(began));
        }

        times.Sort();
        Scene.Tell($"D13: refused in {times[10].TotalMilliseconds:0.00} ms, the median of 21.");
        Assert.InRange(times[10], TimeSpan.Zero, TimeSpan.FromMilliseconds(10));
    }

    [Fact]
    [Trait("Scenario", "D23")]
    public async Task Host_StartedWithoutConsul_StartsAtOnceAndIsCalledSoonAfterConsulComes()
    {
        await using var consul = await ConsulAgent.StartAsync();
        await consul.KillAsync();
        var began = TimeProvider.System.GetTimestamp();
        await using var host = await RegisteredHost.StartAsync(consul.Address, "orders");
        Assert.InRange(Scene.Since(began), TimeSpan.Zero, TimeSpan.FromSeconds(2));
        await using var caller = new MeshCaller(consul.Address, "orders", ("Consul:FirstAnswerTimeout", "00:00:00.5"));
        await Assert.ThrowsAsync<NoEndpointAvailableException>(caller.CallAsync);
        await Scene.LastsAsync(ScenarioLength.Of(TimeSpan.FromSeconds(8), TimeSpan.FromSeconds(30)));
        Assert.Equal(HealthStatus.Unhealthy, await caller.HealthAsync());

        // Both the registration and the watch have backed off.
        await consul.RestartAsync();
        var came = TimeProvider.System.GetTimestamp();
        await caller.UntilUsesAsync(TimeSpan.FromSeconds(6), host);
        await caller.CallAsync();
        Scene.Tell($"D23: the first success {Scene.Since(came).TotalSeconds:0.0} s after Consul came.");
        Assert.Equal(HealthStatus.Healthy, await caller.HealthAsync());
    }

    [Fact]
    [Trait("Scenario", "L02")]
    public async Task Host_StoppedWhileConsulIsDownOrFrozen_StopsAllTheSame()
    {
        await using var consul = await ConsulAgent.StartAsync();
        await using var first = await RegisteredHost.StartAsync(consul.Address, "orders");
        await using var second = await RegisteredHost.StartAsync(consul.Address, "orders");
        await consul.UntilAsync(async agent => (await agent.InstancesAsync("orders", passing: true)).Count == 2);

        consul.Freeze();
        await StopsInTimeAsync(first);
        consul.Resume();
        await consul.KillAsync();
        await StopsInTimeAsync(second);

        static async Task StopsInTimeAsync(RegisteredHost host)
        {
            var began = TimeProvider.System.GetTimestamp();
            await host.StopAsync();
            Assert.InRange(Scene.Since(began), TimeSpan.Zero, TimeSpan.FromSeconds(0.3 + 3));
            Assert.Single(host.Logs.WithEvent(2111));
        }
    }
}
