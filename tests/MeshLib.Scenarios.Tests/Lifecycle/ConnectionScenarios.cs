using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.ServiceDiscovery;

namespace MeshLib.Scenarios.Tests.Lifecycle;

/// <summary>Connections to an endpoint that is well and no longer wanted.</summary>
public class ConnectionScenarios
{
    [Fact]
    public async Task I5_WhenAnEndpointLeavesTheRegistry_ItsConnectionsEndWithinAMinute()
    {
        var source = new ManualEndpointSource();
        await using var fleet = new Fleet(2);
        source.PublishAll(ScenarioRun.Service, fleet.Addresses.Select(address => address.ToString()));
        await using var run = new ScenarioRun([], new ScenarioSettings
        {
            Services = services => services.AddSingleton<IServiceEndpointProviderFactory>(source),

            // The stock handler's clean-up cannot be hurried by virtual time.
            Client = client => client.UseSocketsHttpHandler((handler, _) =>
                handler.PooledConnectionIdleTimeout = ScenarioLength.Of(TimeSpan.FromSeconds(1), handler.PooledConnectionIdleTimeout)),
        });
        await run.LoadAsync(seconds: 1, inFull: 5);
        Assert.True(fleet[0].Counts.OpenConnections > 0);

        source.PublishAll(ScenarioRun.Service, [fleet[1].Address.ToString()]);
        await Eventually.BecomesTrueAsync(() => MeshState.EndpointsOf(run.Host).Count == 1);
        await Task.WhenAll(run.LoadAsync(seconds: 1), ScenarioRun.AssertLeftAloneAsync(fleet[0].Counts));

        await run.AssertInvariantsAsync(fleet.Counts);
    }
}
