using MeshLib.TestKit;

namespace MeshLib.Consul.Tests;

/// <summary>A real agent that dies, comes back empty, refuses or lies, under calls that must not notice.</summary>
public class ConsulOutageTests
{
    [Fact]
    [Trait("Scenario", "D04")]
    [Trait("Scenario", "D05")]
    public async Task Agent_KilledAndBackWithNothing_CostsNoCallAndIsFollowedAgain()
    {
        await using var consul = await ConsulAgent.StartAsync();
        await using var first = await RegisteredHost.StartAsync(consul.Address, "orders");
        await using var second = await RegisteredHost.StartAsync(consul.Address, "orders");
        await using var caller = new MeshCaller(consul.Address, "orders");
        await caller.WarmUpAsync();
        await caller.UntilUsesAsync(first, second);
        caller.StartLoad();

        await consul.KillAsync();
        await CallsAsync(caller, 100);
        Assert.Equal(2, caller.Ports.Count);

        // The agent has lost every registration and counts its index from the start again.
        await consul.RestartAsync();
        await consul.UntilAsync(async agent => (await agent.InstancesAsync("orders", passing: true)).Count == 2, TimeSpan.FromSeconds(12));
        await using var third = await RegisteredHost.StartAsync(consul.Address, "orders");

        // Fresh within 6 s of the agent's answer, and a change within 2 s of that.
        await caller.UntilUsesAsync(TimeSpan.FromSeconds(8), first, second, third);
        await caller.StopLoadAsync();
    }

    [Fact]
    [Trait("Scenario", "D12")]
    public async Task Token_ThatIsDeletedOrMissing_CostsNoCallAndIsTold()
    {
        await using var consul = await ConsulAgent.StartAsync(new ConsulAgentSettings { AccessControl = true });
        var token = await consul.CreateTokenAsync("orders");
        await using var host = await RegisteredHost.StartAsync(consul.Address, "orders", settings: ("Consul:Token", token));
        await using var stranger = await RegisteredHost.StartAsync(consul.Address, "strangers");
        await using var caller = new MeshCaller(consul.Address, "orders", ("Consul:Token", token), ("Consul:Wait", "00:00:01"));
        await caller.WarmUpAsync();
        await caller.UntilUsesAsync(host);
        await Eventually.BecomesTrueAsync(() => stranger.Logs.WithEvent(2104).Count == 1);
        caller.StartLoad();

        // Without a token an empty list, with an unknown one 403.
        await using var blind = new MeshCaller(consul.Address, "orders");
        await Assert.ThrowsAsync<NoEndpointAvailableException>(blind.CallAsync);
        var accessor = System.Text.Json.JsonSerializer.Deserialize<System.Text.Json.JsonElement>(
            await consul.Http.GetStringAsync("v1/acl/tokens", TestContext.Current.CancellationToken)).EnumerateArray().First(static one => one.TryGetProperty("ServiceIdentities", out var identities) && identities.ValueKind == System.Text.Json.JsonValueKind.Array).GetProperty("AccessorID").GetString();
        await consul.Http.DeleteAsync($"v1/acl/token/{accessor}", TestContext.Current.CancellationToken);
        await Eventually.BecomesTrueAsync(() => caller.View!.StaleFor > TimeSpan.FromSeconds(1));
        await CallsAsync(caller, 100);
        await caller.StopLoadAsync();
        await caller.UntilUsesAsync(host);
        await Eventually.BecomesTrueAsync(() => host.Logs.WithEvent(2104).Count == 1);
        Assert.DoesNotContain(host.Logs.Entries, entry => entry.Message.Contains(token, StringComparison.Ordinal));
    }

    [Fact]
    [Trait("Scenario", "D13")]
    public async Task Services_ThatVanishWhileTheyRun_AreKeptForTheGraceAndThenGoneForGood()
    {
        await using var consul = await ConsulAgent.StartAsync();
        await using var host = await RegisteredHost.StartAsync(consul.Address, "unlisted");
        await consul.PutAsync("v1/agent/service/register", new { Name = "orders", Address = "127.0.0.1", host.Port });
        await using var caller = new MeshCaller(consul.Address, "orders", ("Consul:EmptyGrace", "00:00:02"));
        await caller.WarmUpAsync();
        await caller.UntilUsesAsync(host);
        caller.StartLoad();
        await consul.PutAsync("v1/agent/service/deregister/orders");
        await CallsAsync(caller, 50);
        await caller.StopLoadAsync();

        await caller.UntilUsesAsync();
        await Assert.ThrowsAsync<NoEndpointAvailableException>(caller.CallAsync);
    }

    [Fact]
    [Trait("Scenario", "D23")]
    public async Task Host_StartedWithoutConsul_StartsAtOnceAndIsCalledSoonAfterConsulComes()
    {
        await using var consul = await ConsulAgent.StartAsync();
        await consul.KillAsync();
        var began = TimeProvider.System.GetTimestamp();
        await using var host = await RegisteredHost.StartAsync(consul.Address, "orders");
        Assert.InRange(TimeProvider.System.GetElapsedTime(began), TimeSpan.Zero, TimeSpan.FromSeconds(2));
        await using var caller = new MeshCaller(consul.Address, "orders", ("Consul:FirstAnswerTimeout", "00:00:00.5"));
        await Assert.ThrowsAsync<NoEndpointAvailableException>(caller.CallAsync);

        await consul.RestartAsync();

        // Both the registration and the watch have backed off.
        await caller.UntilUsesAsync(TimeSpan.FromSeconds(17), host);
        await caller.CallAsync();
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
            Assert.InRange(TimeProvider.System.GetElapsedTime(began), TimeSpan.Zero, TimeSpan.FromSeconds(0.3 + 3));
            Assert.Single(host.Logs.WithEvent(2111));
        }
    }

    private static Task CallsAsync(MeshCaller caller, int more)
    {
        var from = caller.Calls;
        return Eventually.BecomesTrueAsync(() => caller.Calls >= from + more);
    }
}
