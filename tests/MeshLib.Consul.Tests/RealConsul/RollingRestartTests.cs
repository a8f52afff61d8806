using MeshLib.TestKit;

namespace MeshLib.Consul.Tests;

/// <summary>A deployment, seen by those who call.</summary>
public class RollingRestartTests
{
    private static readonly TimeSpan SlowAnswer = TimeSpan.FromMilliseconds(100);

    [Fact]
    [Trait("Scenario", "L01")]
    public async Task Hosts_RestartedTwentyTimesUnderSlowCalls_CostNoCall()
    {
        await using var consul = await ConsulAgent.StartAsync();
        var hosts = new Queue<RegisteredHost>();
        try
        {
            for (var number = 0; number < 3; number++)
            {
                hosts.Enqueue(await StartAsync());
            }

            await using var caller = new MeshCaller(consul.Address, "orders");
            await caller.WarmUpAsync();
            await caller.UntilUsesAsync([.. hosts]);
            caller.StartLoad(parallel: 20);
            var exits = new List<TimeSpan>();
            for (var restart = 0; restart < 20; restart++)
            {
                var old = hosts.Dequeue();
                var began = TimeProvider.System.GetTimestamp();
                await old.StopAsync();
                exits.Add(Scene.Since(began));
                await old.DisposeAsync();
                hosts.Enqueue(await StartAsync());
                await caller.UntilUsesAsync([.. hosts]);
            }

            await caller.StopLoadAsync();
            exits.Sort();
            Scene.Tell($"L01: {caller.Calls} calls; exits took {exits[10].TotalSeconds:0.00} s in the median, {exits[^1].TotalSeconds:0.00} s at worst.");

            // The drain delay, the calls under way and one second are the promise; a busy machine may break it once.
            Assert.InRange(exits[10], TimeSpan.FromSeconds(0.3), TimeSpan.FromSeconds(0.3 + 1));
            Assert.InRange(exits[^1], TimeSpan.FromSeconds(0.3), TimeSpan.FromSeconds(0.3 + 1 + 2));
        }
        finally
        {
            foreach (var host in hosts)
            {
                await host.DisposeAsync();
            }
        }

        Task<RegisteredHost> StartAsync() => RegisteredHost.StartAsync(consul.Address, "orders", answerAfter: SlowAnswer);
    }
}
