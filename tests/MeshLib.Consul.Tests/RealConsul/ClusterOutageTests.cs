using MeshLib.TestKit;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace MeshLib.Consul.Tests;

/// <summary>Servers that die, freeze or lose their quorum behind a healthy agent, under calls that must not notice.</summary>
[Collection(ClusterDefinition.Name)]
public sealed class ClusterOutageTests : IAsyncLifetime
{
    // Heartbeats hang for up to 21 s while the quorum is lost, which the default TTL is made for.
    private static readonly (string Key, string Value)[] Patient = [("Registration:Ttl", "00:00:30"), ("Registration:Heartbeat", "00:00:02")];

    private ConsulCluster? _cluster;
    private RegisteredHost? _first;
    private RegisteredHost? _second;

    private ConsulCluster Cluster => _cluster!;

    public async ValueTask InitializeAsync()
    {
        _cluster = await ConsulCluster.StartAsync();
        _first = await RegisteredHost.StartAsync(Cluster.Client.Address, "orders", settings: Patient);
        _second = await RegisteredHost.StartAsync(Cluster.Client.Address, "orders", settings: Patient);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var one in new IAsyncDisposable?[] { _first, _second, _cluster }.OfType<IAsyncDisposable>())
        {
            await one.DisposeAsync();
        }
    }

    [Fact]
    [Trait("Scenario", "D01")]
    public async Task Leader_WhenKilled_CostsNoCallNoEndpointAndFewRequests()
    {
        await using var relay = new ConsulRelay(Cluster.Client.Address);
        await using var caller = await CallerAsync(relay.Address);
        var changes = caller.Changes;
        var asked = relay.Requests.Count;

        await Cluster.KillLeaderAsync();
        await Cluster.LeaderAsync();
        var elected = TimeProvider.System.GetTimestamp();
        await caller.UntilFreshAsync(TimeSpan.FromSeconds(5));
        var requests = relay.Requests.Count - asked;
        Scene.Tell($"D01: fresh {Scene.Since(elected).TotalSeconds:0.00} s after the new leader, {requests} requests.");
        Assert.InRange(requests, 1, 10);
        Assert.Equal(changes, caller.Changes);
        await caller.StopLoadAsync();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    [Trait("Scenario", "D02")]
    public async Task Quorum_WhenLost_CostsNoCallAndIsToldWithTheRightAge(bool leaderStays)
    {
        // Longer than the 10 s from which on readiness tells.
        var outage = ScenarioLength.Of(TimeSpan.FromSeconds(13), TimeSpan.FromSeconds(60));

        // Where the server that answers stays, a blocked query hears nothing of the loss until its wait is over, and the age is right to that wait.
        await using var caller = await CallerAsync(Cluster.Client.Address, ("Consul:Wait", "00:00:01"));
        var changes = caller.Changes;

        await Cluster.StopQuorumAsync(leaderStays);
        var lost = TimeProvider.System.GetTimestamp();
        await Eventually.BecomesTrueAsync(() => caller.StaleFor > TimeSpan.Zero);
        AssertAge("when noticed");
        await Scene.LastsAsync(outage - Scene.Since(lost));
        AssertAge("at the end");
        Assert.Equal(HealthStatus.Degraded, await caller.HealthAsync());

        await Cluster.RestoreAsync();
        var restored = TimeProvider.System.GetTimestamp();
        await caller.UntilFreshAsync(TimeSpan.FromSeconds(10));
        Scene.Tell($"D02: fresh {Scene.Since(restored).TotalSeconds:0.00} s after the restore.");
        Assert.Equal(changes, caller.Changes);
        await caller.StopLoadAsync();

        void AssertAge(string when)
        {
            var (told, truth) = (caller.StaleFor, Scene.Since(lost));
            Scene.Tell($"D02: told {told.TotalSeconds:0.00} s, truth {truth.TotalSeconds:0.00} s, {when}.");
            Assert.InRange(told, truth - TimeSpan.FromSeconds(2), truth + TimeSpan.FromSeconds(2));
        }
    }

    [Fact]
    [Trait("Scenario", "D03")]
    public async Task Leader_WhenFrozen_CostsNoCallAndNoReadLastsLongerThanItsLimit()
    {
        var wait = ScenarioLength.Of(TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(55));
        var limit = (wait * 17 / 16) + TimeSpan.FromSeconds(10);
        await using var relay = new ConsulRelay(Cluster.Client.Address);
        await using var caller = await CallerAsync(relay.Address, ("Consul:Wait", wait.ToString()));

        // Its connections stay open. What the others' new leader is told reaches callers all the same, after the time limit of the read that hangs and
        // that of the one after it, which the agent may hold as well.
        var frozen = await Cluster.FreezeLeaderAsync();
        var leader = await Cluster.LeaderAsync();
        await using var third = await RegisteredHost.UnlistedAsync(Cluster.Client);
        await leader.PutAsync("v1/catalog/register", new { Node = "external", Address = "127.0.0.1", Service = new { Service = "orders", third.Port } });
        var changed = TimeProvider.System.GetTimestamp();
        await caller.UntilUsesAsync(limit + HangLimit.Default, _first!, _second!, third);
        var silent = relay.Requests.Max(static request => request.Duration);
        Scene.Tell($"D03: followed {Scene.Since(changed).TotalSeconds:0.0} s after the freeze; the longest silence {silent.TotalSeconds:0.0} s of {limit.TotalSeconds:0.0} s.");
        Assert.InRange(silent, TimeSpan.Zero, limit + TimeSpan.FromSeconds(1));

        frozen.Resume();
        await caller.UntilFreshAsync(limit + HangLimit.Default);
        await caller.StopLoadAsync();
    }

    private async Task<MeshCaller> CallerAsync(Uri consul, params (string Key, string Value)[] settings)
    {
        var caller = new MeshCaller(consul, "orders", settings);
        await caller.WarmUpAsync();
        await caller.UntilUsesAsync(_first!, _second!);
        caller.StartLoad();
        return caller;
    }
}
