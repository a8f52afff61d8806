namespace MeshLib.Scenarios.Tests.Endpoints;

/// <summary>
/// E24: SocketsHttpHandler repeats by itself, up to three times, what has no body when the server closes a connection without an answer. No budget above it can see
/// that; these tests state how far it multiplies.
/// </summary>
public class HiddenRetryScenarios
{
    private const int HiddenAttempts = 4;

    [Fact]
    public async Task E24_WhenServersCloseWithoutAnAnswer_AGetCostsFourTimesItsAttemptsAtMost()
    {
        await using var fleet = new Fleet(4, Faults.FinBeforeAnswer);
        await using var run = new ScenarioRun(fleet.Addresses, ScenarioSettings.Unhurried);

        var call = await run.GetAsync();

        Assert.Equal(OutcomeReason.ResponseEnded, call.Report?.Reason);
        Assert.InRange(call.Attempts, 1, ScenarioRun.MaxAttempts);
        await run.AssertInvariantsAsync(fleet.Counts, call.Attempts * HiddenAttempts);
    }

    [Theory]
    [InlineData("POST", true, 1)]
    [InlineData("POST", false, HiddenAttempts)]
    public async Task E24_WhenServersCloseWithoutAnAnswer_APostIsOneAttemptOfTheMesh(string method, bool withBody, int atServers)
    {
        await using var fleet = new Fleet(4, Faults.FinBeforeAnswer);
        await using var run = new ScenarioRun(fleet.Addresses, ScenarioSettings.Unhurried);
        using var request = new HttpRequestMessage(new HttpMethod(method), "/") { Content = withBody ? new StringContent("an order") : null };

        var call = await run.SendAsync(request);

        Assert.Equal(1, call.Attempts);
        Assert.Equal(atServers, fleet.Requests);
        await run.AssertInvariantsAsync(fleet.Counts, atServers);
    }
}
