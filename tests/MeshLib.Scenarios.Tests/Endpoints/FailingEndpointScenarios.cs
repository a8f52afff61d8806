using Microsoft.Extensions.DependencyInjection;

namespace MeshLib.Scenarios.Tests.Endpoints;

/// <summary>Endpoints that answer, and answer badly.</summary>
public class FailingEndpointScenarios
{
    [Theory]
    [InlineData(500)]
    [InlineData(503)]
    public async Task E09_WhenOneOfFourAlwaysFails_ItIsLeftAlone(int status)
    {
        await using var fleet = new Fleet(4);
        await using var run = new ScenarioRun(fleet.Addresses);
        fleet[0].Fault = Faults.Status(status);

        var learning = await run.LoadAsync(seconds: 2, inFull: 5);
        var before = fleet[0].Counts.Requests;
        var settled = await run.LoadAsync(seconds: 2, inFull: 25);

        (learning + settled).AssertGoodput(0.999);
        Assert.InRange(fleet[0].Counts.Requests - before, 0, 0.02 * settled.Offered);

        // I8: the mesh's own account agrees with the servers'.
        Assert.InRange(run.Meters.Count("mesh.client.attempt.duration"), 0.99 * fleet.Requests, 1.01 * fleet.Requests);
        await run.AssertInvariantsAsync(fleet.Counts);
    }

    [Theory]
    [InlineData(500)]
    [InlineData(503)]
    public async Task E09_WhenTheFailingOneHeals_ItComesBackWithinOneEjectionTime(int status)
    {
        const string sick = "http://127.0.0.1:1";
        var ejectionTime = TimeSpan.FromSeconds(30);
        var clock = new OddClock();
        using var transport = new ScriptedTransport();
        await using var run = new ScenarioRun(Enumerable.Range(1, 4).Select(port => new Uri($"http://127.0.0.1:{port}")), new ScenarioSettings
        {
            Services = services => services.AddSingleton<TimeProvider>(clock),
            Client = client => client.UseTransport(transport),
        });
        transport.Answer(Answering(clock, static _ => 200));
        await CallForAsync(run, clock, TimeSpan.FromSeconds(5));
        transport.Answer(Answering(clock, request => request.Endpoint == sick ? status : 200));
        await CallForAsync(run, clock, TimeSpan.FromSeconds(10));

        transport.Answer(Answering(clock, static _ => 200));
        await CallForAsync(run, clock, ejectionTime);
        var before = (Sick: transport.AttemptsTo(sick), All: transport.Attempts);
        await CallForAsync(run, clock, TimeSpan.FromSeconds(10));

        var share = (double)(transport.AttemptsTo(sick) - before.Sick) / (transport.Attempts - before.All);
        Assert.InRange(share, 0.5 / 4, 1.5 / 4);
        await run.AssertInvariantsAsync([]);
    }

    [Fact]
    public async Task E09_WhenTheVeryFirstCallMeetsTheFailingOne_ItComesBackAsSoonAsOtherwise()
    {
        const string sick = "http://127.0.0.1:1";
        var clock = new OddClock();
        using var transport = new ScriptedTransport();
        await using var run = new ScenarioRun(Enumerable.Range(1, 4).Select(port => new Uri($"http://127.0.0.1:{port}")), new ScenarioSettings
        {
            Services = services => services.AddSingleton<TimeProvider>(clock),
            Client = client => client.UseTransport(transport),
        });
        transport.Answer(request => ScriptedTransport.Response(request.Endpoint == sick ? 503 : 200));
        using var first = new HttpRequestMessage(HttpMethod.Post, "/");
        first.PinMeshEndpoint(new Uri(sick));
        await run.SendAsync(first);
        transport.Answer(Answering(clock, static _ => 200, TimeSpan.FromMilliseconds(1)));

        await CallForAsync(run, clock, TimeSpan.FromSeconds(30));
        var before = (Sick: transport.AttemptsTo(sick), All: transport.Attempts);
        await CallForAsync(run, clock, TimeSpan.FromSeconds(10));

        var share = (double)(transport.AttemptsTo(sick) - before.Sick) / (transport.Attempts - before.All);
        Assert.InRange(share, 0.5 / 4, 1.5 / 4);
        await run.AssertInvariantsAsync([]);
    }

    [Theory]
    [InlineData(500)]
    [InlineData(503)]
    public async Task E10_WhenTheSickOneFailsFast_ItsSpeedWinsItNoTraffic(int status)
    {
        await using var fleet = new Fleet(4, Faults.Delay(TimeSpan.FromMilliseconds(50)));
        await using var run = new ScenarioRun(fleet.Addresses);
        fleet[0].Fault = Faults.Status(status);

        var learning = await run.LoadAsync(seconds: 2, inFull: 2);
        var share = (double)fleet[0].Counts.Requests / fleet.Requests;
        var before = fleet[0].Counts.Requests;
        var settled = await run.LoadAsync(seconds: 2, inFull: 28);

        Assert.InRange(share, 0, 1.5 / 4);
        Assert.InRange(fleet[0].Counts.Requests - before, 0, 0.01 * settled.Offered);
        (learning + settled).AssertGoodput(0.99);
        await run.AssertInvariantsAsync(fleet.Counts);
    }

    [Fact]
    public async Task E11_WhenAPredicateKnowsTheWrongAnswer_ItsSpeedWinsItNoTraffic()
    {
        await using var fleet = new Fleet(4, Faults.Delay(TimeSpan.FromMilliseconds(50)));
        await using var run = new ScenarioRun(fleet.Addresses, new ScenarioSettings
        {
            Services = static services => services.AddMesh().AddFailurePredicate("orders", static response => response.Headers.Contains("x-login")),
        });
        fleet[0].Fault = Faults.Status(200, ("x-login", "required"));

        var learning = await run.LoadAsync(seconds: 2, inFull: 2);
        var share = (double)fleet[0].Counts.Requests / fleet.Requests;
        var before = fleet[0].Counts.Requests;
        var settled = await run.LoadAsync(seconds: 2, inFull: 28);

        Assert.InRange(share, 0, 1.5 / 4);
        Assert.InRange(fleet[0].Counts.Requests - before, 0, 0.01 * settled.Offered);
        Assert.InRange((learning + settled).Calls.Count(static call => call.Body != "ok"), 0, 0.01 * (learning + settled).Offered);
        await run.AssertInvariantsAsync(fleet.Counts);
    }

    [Fact]
    public async Task E14_WhenAllFail_CallersAreRefusedAtOnceAndProbesFindTheRecovery()
    {
        await using var fleet = new Fleet(4, Faults.Status(503));
        var breakDuration = TimeSpan.FromSeconds(1);
        await using var run = new ScenarioRun(fleet.Addresses, new ScenarioSettings { More = { ["CircuitBreaker:MaxBreakDuration"] = "00:00:01" } });
        await run.LoadAsync(seconds: 1, inFull: 1);
        var before = fleet.Requests;

        var opened = run.Clock.GetTimestamp();
        var open = await run.LoadAsync(seconds: 2);
        var breaks = run.Clock.GetElapsedTime(opened) / breakDuration;
        var probes = fleet.Requests - before;
        fleet.Fault = Faults.Ok;
        var first = await FirstSuccessAsync(run);

        // One probe per endpoint and break; the breaks that were under way when the count began end in one more.
        Assert.InRange(probes, 1, 4 * (breaks + 1));
        var refused = open.Calls.Select(call => call.Error).OfType<NoEndpointAvailableException>().ToList();
        Assert.InRange(refused.Count, open.Offered - probes, open.Offered);
        Assert.All(refused, error => Assert.Equal(OutcomeReason.AllEndpointsOpen, error.Reason));
        Assert.All(refused, error => Assert.InRange(error.RetryAfter!.Value, TimeSpan.Zero, 2 * breakDuration));
        Assert.InRange(first, TimeSpan.Zero, 2 * breakDuration);
        Assert.True(run.Logs.WithEvent(LogsOfBreaker(run)).Count <= 2 * run.TimesOpened, "State changes are logged, not calls.");
        await run.AssertInvariantsAsync(fleet.Counts);
    }

    private static Func<ScriptedRequest, HttpResponseMessage> Answering(OddClock clock, Func<ScriptedRequest, int> status, TimeSpan? latency = null) => request =>
    {
        clock.Advance(latency ?? TimeSpan.FromMilliseconds(10));
        return ScriptedTransport.Response(status(request));
    };

    // Posts, because a retry would wait on the clock that only this loop moves.
    private static async Task CallForAsync(ScenarioRun run, OddClock clock, TimeSpan duration)
    {
        var step = TimeSpan.FromMilliseconds(50);
        for (var passed = TimeSpan.Zero; passed < duration; passed += step)
        {
            await run.PostAsync();
            clock.Advance(step);
        }
    }

    private static int LogsOfBreaker(ScenarioRun run) => run.Logs.Of("MeshLib").CountBy(entry => entry.EventId.Id).MaxBy(pair => pair.Value).Key;

    private static async Task<TimeSpan> FirstSuccessAsync(ScenarioRun run)
    {
        var started = run.Clock.GetTimestamp();
        while (!(await run.GetAsync()).Succeeded && run.Clock.GetElapsedTime(started) < HangLimit.Default)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(5), run.Clock);
        }

        return run.Clock.GetElapsedTime(started);
    }
}
