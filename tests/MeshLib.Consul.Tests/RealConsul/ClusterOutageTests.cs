using MeshLib.TestKit;

namespace MeshLib.Consul.Tests;

/// <summary>Servers that die, freeze or lose their quorum behind a healthy agent, under calls that must not notice.</summary>
[Collection(ClusterDefinition.Name)]
public class ClusterOutageTests
{
    [Fact]
    [Trait("Scenario", "D01")]
    [Trait("Scenario", "D02")]
    [Trait("Scenario", "D03")]
    public async Task Servers_WithoutLeaderQuorumOrAnswer_CostNoCallAndAreFollowedAgain()
    {
        await using var cluster = await ConsulCluster.StartAsync();
        var consul = cluster.Client.Address;

        // Heartbeats hang for up to 21 s while the quorum is lost, which the default TTL is made for.
        (string Key, string Value)[] patient = [("Registration:Ttl", "00:00:30"), ("Registration:Heartbeat", "00:00:02")];
        await using var first = await RegisteredHost.StartAsync(consul, "orders", settings: patient);
        await using var second = await RegisteredHost.StartAsync(consul, "orders", settings: patient);
        await using var caller = new MeshCaller(consul, "orders", ("Consul:Wait", "00:00:02"));
        await caller.WarmUpAsync();
        await caller.UntilUsesAsync(first, second);
        caller.StartLoad();

        // D01: fresh within 5 s of the new leader.
        await cluster.KillLeaderAsync();
        await cluster.LeaderAsync();
        await UntilFreshAsync(caller, TimeSpan.FromSeconds(10));
        await cluster.RestoreAsync();
        Assert.Equal(2, caller.Ports.Count);

        // D03: the frozen leader's connections stay open. What the others' new leader is told reaches callers all the same, after the time limit of the
        // read that hangs (wait, a sixteenth, 10 s) and that of the one after it, which the agent may hold as well.
        var frozen = await cluster.FreezeLeaderAsync();
        var leader = await cluster.LeaderAsync();
        await using var third = await RegisteredHost.StartAsync(consul, "orders", settings: ("Registration:Enabled", "false"));
        await leader.PutAsync("v1/catalog/register", new { Node = "external", Address = "127.0.0.1", Service = new { Service = "orders", third.Port } });
        await caller.UntilUsesAsync(TimeSpan.FromSeconds(40), first, second, third);
        frozen.Resume();
        await UntilFreshAsync(caller, TimeSpan.FromSeconds(30));

        // D02
        await cluster.StopQuorumAsync();
        await Eventually.BecomesTrueAsync(() => caller.View!.StaleFor > TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(30));
        Assert.Equal(3, caller.Ports.Count);
        await cluster.RestoreAsync();
        await UntilFreshAsync(caller, TimeSpan.FromSeconds(10));
        Assert.Equal(3, caller.Ports.Count);

        await using var fourth = await RegisteredHost.StartAsync(consul, "orders", settings: patient);
        await caller.UntilUsesAsync(first, second, third, fourth);
        await caller.StopLoadAsync();
    }

    private static Task UntilFreshAsync(MeshCaller caller, TimeSpan limit) => Eventually.BecomesTrueAsync(() => caller.View!.StaleFor == TimeSpan.Zero, limit);
}
