using MeshLib.TestKit;

namespace MeshLib.Consul.Tests;

/// <summary>A real agent that dies, comes back empty or falls silent, under calls that must not notice.</summary>
public class AgentOutageTests
{
    [Fact]
    [Trait("Scenario", "D04")]
    [Trait("Scenario", "D05")]
    public async Task Agent_KilledAndBackWithNothing_CostsNoCallAndIsFollowedAgain()
    {
        var outage = ScenarioLength.Of(TimeSpan.FromSeconds(12), TimeSpan.FromSeconds(60));
        await using var consul = await ConsulAgent.StartAsync();
        await using var first = await RegisteredHost.StartAsync(consul.Address, "orders");
        await using var second = await RegisteredHost.StartAsync(consul.Address, "orders");
        await using var caller = new MeshCaller(consul.Address, "orders");
        await caller.WarmUpAsync();
        await caller.UntilUsesAsync(first, second);
        caller.StartLoad();

        await consul.KillAsync();
        await Scene.LastsAsync(outage);
        var requests = caller.Metrics.Sum("mesh.discovery.errors");
        Assert.InRange(requests, 1, outage.TotalSeconds);
        Assert.Equal(2, caller.Ports.Count);

        // The agent has lost every registration and counts its index from the start again.
        await consul.RestartAsync();
        var answers = TimeProvider.System.GetTimestamp();
        await caller.UntilFreshAsync(TimeSpan.FromSeconds(6));
        Scene.Tell($"D04: {requests} requests in {outage.TotalSeconds:0} s, fresh {Scene.Since(answers).TotalSeconds:0.0} s after the agent's first answer.");

        await using var third = await RegisteredHost.StartAsync(consul.Address, "orders");
        await consul.UntilAsync(async agent => (await agent.InstancesAsync("orders", passing: true)).Count == 3);
        await caller.UntilUsesAsync(TimeSpan.FromSeconds(2), first, second, third);
        await caller.StopLoadAsync();
    }

    [Fact]
    [Trait("Scenario", "D08")]
    public async Task Agent_ThatNoLongerAnswers_CostsNoCallIsNoticedAndFollowedAgain()
    {
        var wait = ScenarioLength.Of(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(55));
        var outage = ScenarioLength.Of(TimeSpan.FromSeconds(16), TimeSpan.FromSeconds(120));
        await using var consul = await ConsulAgent.StartAsync();
        await using var first = await RegisteredHost.ListedAsync(consul, "orders", "first");
        await using var second = await RegisteredHost.UnlistedAsync(consul);
        await using var caller = new MeshCaller(consul.Address, "orders", ("Consul:Wait", wait.ToString()));
        await caller.WarmUpAsync();
        await caller.UntilUsesAsync(first);
        caller.StartLoad();

        consul.Freeze();
        var lost = TimeProvider.System.GetTimestamp();
        await Eventually.BecomesTrueAsync(() => caller.StaleFor > TimeSpan.Zero, (wait * 17 / 16) + TimeSpan.FromSeconds(10 + 1));
        var noticed = Scene.Since(lost);
        await Scene.LastsAsync(outage - noticed);
        consul.Resume();
        var back = TimeProvider.System.GetTimestamp();
        await caller.UntilFreshAsync(TimeSpan.FromSeconds(5));
        Scene.Tell($"D08: noticed after {noticed.TotalSeconds:0.0} s, fresh {Scene.Since(back).TotalSeconds:0.00} s after the end.");
        await consul.ListAsync("orders", "second", "127.0.0.1", second.Port);
        await caller.UntilUsesAsync(first, second);
        await caller.StopLoadAsync();
    }
}
