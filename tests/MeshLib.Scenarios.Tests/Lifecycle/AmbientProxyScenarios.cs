using System.Net;

namespace MeshLib.Scenarios.Tests.Lifecycle;

/// <summary>A proxy that the environment, not the application, has set.</summary>
[Collection(ProcessWideDefinition.Name)]
public class AmbientProxyScenarios
{
    [Fact]
    public async Task L16_WhenAnAmbientProxyIsSet_MeshClientsIgnoreIt()
    {
        await using var proxy = new FaultServer();
        await using var fleet = new Fleet(1);
        var before = HttpClient.DefaultProxy;
        HttpClient.DefaultProxy = new WebProxy(proxy.Address);
        try
        {
            await using var run = new ScenarioRun(fleet.Addresses);
            Assert.True((await run.GetAsync()).Succeeded);
            await run.AssertInvariantsAsync(fleet.Counts);
        }
        finally
        {
            HttpClient.DefaultProxy = before;
        }

        Assert.Equal(1, fleet.Requests);
        Assert.Equal(0, proxy.Counts.Requests);
    }
}
