using MeshLib.TestKit;

namespace MeshLib.Consul.Tests;

[Collection(ClusterDefinition.Name)]
public class ConsulClusterFixtureTests
{
    [Fact]
    public async Task Cluster_WithoutItsLeaderThenWithoutQuorum_ComesBackWithItsData()
    {
        await using var cluster = await ConsulCluster.StartAsync();
        await cluster.Client.PutAsync("v1/agent/service/register", new { Name = "web", Port = 80 });
        await cluster.Client.UntilAsync(async client => (await client.InstancesAsync("web")).Count == 1);

        var killed = await cluster.KillLeaderAsync();
        Assert.NotSame(killed, await cluster.LeaderAsync());
        await cluster.RestoreAsync();

        await cluster.StopQuorumAsync();
        await cluster.RestoreAsync();
        Assert.Single(await cluster.Client.InstancesAsync("web"));
    }
}
