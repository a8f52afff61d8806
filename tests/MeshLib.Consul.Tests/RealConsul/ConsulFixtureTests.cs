using MeshLib.TestKit;

namespace MeshLib.Consul.Tests;

/// <summary>What the tests against a real Consul stand on.</summary>
public class ConsulFixtureTests
{
    [Fact]
    public async Task Agent_AfterAFreezeAndARestart_AnswersOnTheSamePorts()
    {
        await using var agent = await ConsulAgent.StartAsync();
        var address = agent.Address;
        await agent.PutAsync("v1/agent/service/register", new { Name = "web", Port = 80 });
        Assert.Single(await agent.InstancesAsync("web", passing: true));

        agent.Freeze();
        using var limit = new CancellationTokenSource(TimeSpan.FromMilliseconds(200), TimeProvider.System);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => agent.Http.GetAsync("v1/status/leader", limit.Token));
        agent.Resume();

        await agent.RestartAsync();
        Assert.Equal(address, agent.Address);
        Assert.Empty(await agent.InstancesAsync("web"));
    }

    [Fact]
    public async Task Agent_WithAccessControl_DeniesWhoHasNoToken()
    {
        await using var agent = await ConsulAgent.StartAsync(new ConsulAgentSettings { AccessControl = true });
        var (token, _) = await agent.CreateTokenAsync("web");

        using var stranger = new HttpClient(new SocketsHttpHandler { ActivityHeadersPropagator = null }) { BaseAddress = agent.Address };
        using var denied = await stranger.PutAsync("v1/agent/service/deregister/web", null, TestContext.Current.CancellationToken);
        Assert.False(denied.IsSuccessStatusCode);
        stranger.DefaultRequestHeaders.Add("X-Consul-Token", token);
        Assert.Contains("consul", await stranger.GetStringAsync("v1/health/service/consul?passing", TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }
}
