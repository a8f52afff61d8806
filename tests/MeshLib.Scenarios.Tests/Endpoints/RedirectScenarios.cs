using System.Net;

namespace MeshLib.Scenarios.Tests.Endpoints;

public class RedirectScenarios
{
    [Fact]
    public async Task E27_WhenAnEndpointRedirects_TheCallerGetsTheRedirectAndNobodyFollowsIt()
    {
        await using var canary = new FaultServer();
        await using var fleet = new Fleet(1, Faults.Redirect(canary.Address.ToString()));
        await using var run = new ScenarioRun(fleet.Addresses, ScenarioSettings.Unhurried);

        var call = await run.GetAsync();

        Assert.Equal(HttpStatusCode.Redirect, call.Status);
        Assert.Equal(1, fleet.Requests);
        Assert.Equal(0, canary.Counts.Requests);
        await run.AssertInvariantsAsync(fleet.Counts, attemptsPerCall: 1);
    }
}
