using MeshLib.TestKit;

namespace MeshLib.Consul.Tests;

/// <summary>What befalls the process of an instance, seen by Consul and by those who call.</summary>
public class ProcessTests(DevAgent fixture) : IClassFixture<DevAgent>
{
    private readonly ConsulAgent _consul = fixture.Agent;

    [Fact]
    [Trait("Scenario", "L03")]
    public async Task Process_ThatIsKilled_IsLeftByItsCallersAtOnceAndNotPassingOneTtlLater()
    {
        await using var killed = await RegisteredProcess.StartAsync(_consul, "killed", "killed-1");
        await using var second = await RegisteredProcess.StartAsync(_consul, "killed", "killed-2");
        await using var third = await RegisteredProcess.StartAsync(_consul, "killed", "killed-3");
        await PassingAsync("killed", 3);
        await using var caller = new MeshCaller(_consul.Address, "killed");
        await caller.WarmUpAsync();
        await Eventually.BecomesTrueAsync(() => caller.Ports.Count == 3);
        caller.StartLoad();

        await killed.KillAsync();
        var died = TimeProvider.System.GetTimestamp();
        await PassingAsync("killed", 2);
        var noLongerPassing = Scene.Since(died);
        Assert.InRange(noLongerPassing, TimeSpan.Zero, RegisteredProcess.Ttl + TimeSpan.FromSeconds(1));
        Assert.Equal(3, (await _consul.InstancesAsync("killed")).Count);
        await caller.StopLoadAsync();

        // Until then Consul lists it as well, and a third of the calls would be its share: what callers see of it has cut it off long before.
        var refused = caller.Metrics.Sum("mesh.client.retries");
        Scene.Tell($"L03: not passing after {noLongerPassing.TotalSeconds:0.00} s, {refused} of {caller.Calls} calls refused and sent elsewhere.");
        Assert.InRange(refused, 1, 10);
    }

    [Fact]
    [Trait("Scenario", "D29")]
    public async Task Process_ThatPauses_IsPassingAllTheTimeAfterOneHeartbeatAndAgainAtOnceAfterMany()
    {
        await using var process = await RegisteredProcess.StartAsync(_consul, "pausing", "pausing-1");
        await PassingAsync("pausing", 1);

        // As a collection or a starved pool stops it.
        process.Freeze();
        var paused = TimeProvider.System.GetTimestamp();
        await StaysPassingAsync(RegisteredProcess.Heartbeat);
        process.Resume();
        await StaysPassingAsync(RegisteredProcess.Heartbeat + RegisteredProcess.Ttl);

        process.Freeze();
        paused = TimeProvider.System.GetTimestamp();
        await PassingAsync("pausing", 0);
        await Eventually.BecomesTrueAsync(() => Scene.Since(paused) > RegisteredProcess.Ttl * 2);
        process.Resume();
        var resumed = TimeProvider.System.GetTimestamp();
        await PassingAsync("pausing", 1);
        Scene.Tell($"D29: passing again {Scene.Since(resumed).TotalSeconds:0.00} s after a pause of two TTLs.");
        Assert.InRange(Scene.Since(resumed), TimeSpan.Zero, RegisteredProcess.Heartbeat);

        Task StaysPassingAsync(TimeSpan sincePause) => _consul.UntilAsync(async consul =>
        {
            Assert.Single(await consul.InstancesAsync("pausing", passing: true));
            return Scene.Since(paused) >= sincePause;
        });
    }

    [Fact]
    [Trait("Scenario", "L01")]
    [Trait("Scenario", "L02")]
    public async Task Process_ThatIsTerminated_LeavesInTimeAndWithoutAnErrorWhetherConsulIsThereOrNot()
    {
        await using var consul = await ConsulAgent.StartAsync();
        await using var orderly = await RegisteredProcess.StartAsync(consul, "ending", "ending-1");
        await using var alone = await RegisteredProcess.StartAsync(consul, "ending", "ending-2");
        await consul.UntilAsync(async agent => (await agent.InstancesAsync("ending", passing: true)).Count == 2);

        await EndsAsync(orderly, RegisteredProcess.DrainDelay + TimeSpan.FromSeconds(1));
        Assert.Single(await consul.InstancesAsync("ending"));
        await consul.KillAsync();
        await EndsAsync(alone, RegisteredProcess.DrainDelay + TimeSpan.FromSeconds(3));

        static async Task EndsAsync(ChildProcess process, TimeSpan limit)
        {
            var began = TimeProvider.System.GetTimestamp();
            await process.TerminateAsync();
            Scene.Tell($"L01, L02: ended after {Scene.Since(began).TotalSeconds:0.00} s of {limit.TotalSeconds:0.0} s.");
            Assert.InRange(Scene.Since(began), TimeSpan.Zero, limit);
            Assert.Equal(0, process.ExitCode);
        }
    }

    private Task PassingAsync(string service, int count) => _consul.UntilAsync(async consul => (await consul.InstancesAsync(service, passing: true)).Count == count);
}
