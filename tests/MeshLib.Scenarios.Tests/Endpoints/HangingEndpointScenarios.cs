using System.Net;

namespace MeshLib.Scenarios.Tests.Endpoints;

/// <summary>Endpoints that take a request and say nothing.</summary>
public class HangingEndpointScenarios
{
    [Fact]
    public async Task E03_WhenOneOfFourHangs_GetsGoElsewhereAfterTheAttemptTimeout()
    {
        await using var fleet = new Fleet(4);
        await using var run = new ScenarioRun(fleet.Addresses);
        fleet[0].Fault = Faults.HangAtAccept;

        var load = await run.LoadAsync(seconds: 3);

        load.AssertGoodput(0.995);
        await run.AssertInvariantsAsync(fleet.Counts);
    }

    [Fact]
    public async Task E03_WhenAPostHangs_ItFailsTypedAfterOneAttempt()
    {
        await using var fleet = new Fleet(4, Faults.Hang);
        await using var run = new ScenarioRun(fleet.Addresses);

        var call = await run.PostAsync();

        var error = Assert.IsType<DeadlineExceededException>(call.Error);
        Assert.IsType<TimeoutException>(error.InnerException);
        Assert.Equal(HttpStatusCode.GatewayTimeout, error.StatusCode);
        Assert.Equal(1, error.Attempts);
        Assert.Equal(1, fleet.Requests);
        await Eventually.EqualsAsync(1, () => fleet.Counts.Sum(counts => counts.Abandoned));
        await Task.WhenAll(fleet.Counts.Select(ScenarioRun.AssertLeftAloneAsync));
        await run.AssertInvariantsAsync(fleet.Counts, attemptsPerCall: 1);
    }

    [Fact]
    public async Task E04_WhenEstablishedConnectionsGoHalfOpen_FewAttemptsAreLostToThem()
    {
        await using var fleet = new Fleet(4);
        await using var run = new ScenarioRun(fleet.Addresses);
        (await run.LoadAsync(seconds: 0.5, inFull: 5)).AssertGoodput(1);
        var dead = fleet[0].Counts.OpenConnections;

        fleet[0].FreezeConnections();
        var load = await run.LoadAsync(seconds: 3, inFull: 10);
        fleet[0].ThawConnections();
        var recovered = await run.LoadAsync(seconds: 0.5, inFull: 20);

        (load + recovered).AssertGoodput(0.995);
        Assert.InRange(TimedOut(load), 0, 3 * dead);
        Assert.Equal(0, TimedOut(recovered));
        await run.AssertInvariantsAsync(fleet.Counts);
    }

    [Fact]
    public async Task E04_WhenAnHttp2ConnectionGoesHalfOpen_CallsGoElsewhereAndPingsWillFindIt()
    {
        await using var dead = new Http2FaultServer();
        await using var first = new Http2FaultServer();
        await using var second = new Http2FaultServer();
        await using var third = new Http2FaultServer();
        var transport = default(SocketsHttpHandler);
        await using var run = new ScenarioRun([dead.Address, first.Address, second.Address, third.Address], new ScenarioSettings
        {
            Client = client => client.UseHttp2().CapturePrimaryHandler(handler => transport = handler),
        });

        (await run.LoadAsync(seconds: 0.5, inFull: 5)).AssertGoodput(1);

        dead.Fault = Http2Fault.Dead;
        var load = await run.LoadAsync(seconds: 2);

        load.AssertGoodput(0.995);
        Assert.InRange(TimedOut(load), 0, 15);
        Assert.InRange(transport!.KeepAlivePingDelay + transport.KeepAlivePingTimeout, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(30));
        await run.AssertInvariantsAsync([dead.Counts, first.Counts, second.Counts, third.Counts]);
    }

    private static int TimedOut(Load load) =>
        load.Calls.Sum(call => call.Report?.Attempts.Count(attempt => attempt.Reason == OutcomeReason.AttemptTimeout) ?? 0);
}
