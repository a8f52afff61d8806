namespace MeshLib.Scenarios.Tests.Endpoints;

/// <summary>What only HTTP/2 can do to a client.</summary>
public class Http2Scenarios
{
    // SocketsHttpHandler repeats what a server says it did not process three times by itself, unseen by anybody above it.
    private const int HiddenAttempts = 4;

    [Theory]
    [InlineData("GET")]
    [InlineData("POST")]
    public async Task E20_WhenOneOfFourGoesAwayUnprocessed_EveryCallSucceedsElsewhere(string method)
    {
        await using var bad = new Http2FaultServer(Http2Fault.GoAwayUnprocessed);
        await using var first = new Http2FaultServer();
        await using var second = new Http2FaultServer();
        await using var third = new Http2FaultServer();
        await using var run = new ScenarioRun(
            [bad.Address, first.Address, second.Address, third.Address],
            new ScenarioSettings { Client = client => client.UseHttp2() });

        var load = await run.LoadAsync(seconds: 1, request: () => new HttpRequestMessage(new HttpMethod(method), "/")
        {
            Content = method == "POST" ? new StringContent("an order") : null,
        });

        load.AssertGoodput(1);
        Assert.True(bad.Counts.Requests > 0, "The endpoint that goes away was never tried.");
        await ScenarioRun.AssertLeftAloneAsync(bad.Counts);
        await run.AssertInvariantsAsync([bad.Counts, first.Counts, second.Counts, third.Counts], attemptsPerCall: ScenarioRun.MaxAttempts * HiddenAttempts);
    }

    [Fact]
    public async Task E22_WhenAStreamEndsInAnInternalError_APostIsNotRepeated()
    {
        await using var bad = new Http2FaultServer(Http2Fault.ResetInternal);
        await using var run = new ScenarioRun([bad.Address], ScenarioSettings.Unhurried with { Client = client => client.UseHttp2() });

        var call = await run.PostAsync();

        Assert.Equal(OutcomeReason.ProtocolError, call.Report?.Reason);
        Assert.Equal(1, bad.Counts.Requests);
        await run.AssertInvariantsAsync([bad.Counts], attemptsPerCall: 1);
    }
}
