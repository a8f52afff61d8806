using MeshLib.TestKit;

namespace MeshLib.Consul.Tests;

/// <summary>An agent that says yes to everything while its servers say no. Its time is real, so it stands apart and runs beside the others.</summary>
public class RefusedRegistrationTests
{
    [Fact]
    [Trait("Scenario", "D28")]
    public async Task Registration_ThatTheServersRefuse_IsToldWithin30Seconds()
    {
        await using var server = await ConsulAgent.StartAsync();
        await server.PutAsync("v1/catalog/register", new
        {
            Node = "taken",
            ID = Guid.NewGuid().ToString(),
            Address = "127.0.0.1",
            Check = new { Node = "taken", CheckID = "serfHealth", Name = "Serf Health Status", Status = "passing" },
        });
        await using var client = await ConsulAgent.StartAsync(new ConsulAgentSettings { Role = ConsulRole.Client, NodeName = "taken", Join = [server] });
        await using var host = await RegisteredHost.StartAsync(client.Address, "orders", settings: [("Registration:Ttl", "00:00:10"), ("Registration:Heartbeat", "00:00:02")]);
        await Eventually.BecomesTrueAsync(() => host.Logs.WithEvent(2106).Count == 1, TimeSpan.FromSeconds(30));
        Assert.Empty(await client.InstancesAsync("orders"));
    }
}
