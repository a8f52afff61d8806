namespace MeshLib.Scenarios.Tests.Endpoints;

/// <summary>Endpoints whose answers break off or are no HTTP.</summary>
public class BrokenAnswerScenarios
{
    public static TheoryData<string> Breaks => [.. new[] { "ResetBeforeAnswer", "ResetInHeaders", "ResetInBody", "FinInBody", "FinInChunkedBody", "ResetAtAccept" }];

    public static TheoryData<string> Nonsense => [.. new[] { "Garbage", "BadStatusLine", "BadChunk", "EndlessInformational", "HugeHeaders", "ShortLength", "TwoContentLengths" }];

    [Theory]
    [MemberData(nameof(Breaks))]
    public async Task E05_WhenOneOfFourBreaksItsAnswers_NoTruncatedBodyPassesForAnAnswer(string fault)
    {
        await using var fleet = new Fleet(4);
        await using var run = new ScenarioRun(fleet.Addresses);
        fleet[0].Fault = Named(fault);

        var load = await run.LoadAsync(seconds: 0.5);

        Assert.All(load.Calls.Where(call => call.Succeeded), call => Assert.Equal("ok", call.Body));

        // A chunked body breaks in the caller's hands: it surfaces there and is not repeated.
        if (fault != "FinInChunkedBody")
        {
            load.AssertGoodput(0.99);
        }

        await run.AssertInvariantsAsync(fleet.Counts);
    }

    [Fact]
    public async Task E05_WhenAPostIsResetBeforeTheAnswer_TheServerSeesItOnce()
    {
        await using var fleet = new Fleet(4, Faults.ResetBeforeAnswer);
        await using var run = new ScenarioRun(fleet.Addresses, ScenarioSettings.Unhurried);

        for (var number = 0; number < 5; number++)
        {
            var call = await run.PostAsync();
            Assert.IsAssignableFrom<HttpRequestException>(call.Error);
            Assert.Equal(OutcomeReason.Reset, call.Report?.Reason);
        }

        await run.AssertInvariantsAsync(fleet.Counts, attemptsPerCall: 1);
        Assert.Equal(5, fleet.Requests);
    }

    [Theory]
    [MemberData(nameof(Nonsense))]
    public async Task E07_WhenOneOfFourTalksNonsense_CallersGetRightAnswersOrTypedErrors(string fault)
    {
        await using var fleet = new Fleet(4);
        await using var run = new ScenarioRun(fleet.Addresses);
        fleet[0].Fault = Named(fault);

        var load = await run.LoadAsync(seconds: 0.5);

        // What the stack accepts without complaint (a wrong length) is an answer; the surplus behind it must not be the next one.
        Assert.DoesNotContain(load.Calls, call => call.Body?.Contains(Faults.Poison, StringComparison.Ordinal) == true);
        load.AssertGoodput(0.97);
        await run.AssertInvariantsAsync(fleet.Counts);
    }

    [Fact]
    public async Task E07_WhenAnAnswerIsLongerThanItsLength_ItsConnectionIsNeverReused()
    {
        await using var fleet = new Fleet(1, Faults.ShortLength);
        await using var run = new ScenarioRun(fleet.Addresses, ScenarioSettings.Unhurried);
        var calls = ScenarioLength.Of(10, 1000);

        for (var number = 0; number < calls; number++)
        {
            var call = await run.GetAsync();
            Assert.DoesNotContain(Faults.Poison, call.Body ?? "", StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task E25_WhenAPostMeetsAStaleConnection_ItFailsTypedAndIsNotSentTwice()
    {
        await using var fleet = new Fleet(1, Faults.StaleKeepAlive);

        // Every other call fails, which is half of them and would open the breaker.
        await using var run = new ScenarioRun(fleet.Addresses, ScenarioSettings.Unhurried with { More = new() { ["CircuitBreaker:FailureRatio"] = "1" } });
        var rounds = ScenarioLength.Of(3, 1000);

        for (var round = 0; round < rounds; round++)
        {
            Assert.True((await run.GetAsync()).Succeeded);
            var post = await run.PostAsync();
            Assert.IsAssignableFrom<HttpRequestException>(post.Error);
        }

        Assert.All(
            fleet[0].Counts.Received.Where(request => request.Method == "POST").CountBy(request => request.Id!),
            pair => Assert.Equal(1, pair.Value));
        await run.AssertInvariantsAsync(fleet.Counts);
    }

    [Fact]
    public async Task E25_WhenConnectionsAreIdle_TheClientGivesThemUpBeforeUsualServersDo()
    {
        var kestrelsKeepAlive = TimeSpan.FromSeconds(130);
        var transport = default(SocketsHttpHandler);
        await using var fleet = new Fleet(1);
        await using var run = new ScenarioRun(fleet.Addresses, new ScenarioSettings { Client = client => client.CapturePrimaryHandler(handler => transport = handler) });
        Assert.True((await run.PostAsync()).Succeeded);

        Assert.InRange(transport!.PooledConnectionIdleTimeout, TimeSpan.FromSeconds(10), kestrelsKeepAlive - TimeSpan.FromSeconds(10));
    }

    private static Fault Named(string name) => (Fault)typeof(Faults).GetProperty(name)!.GetValue(null)!;
}
