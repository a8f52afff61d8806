namespace MeshLib.Scenarios.Tests.Endpoints;

/// <summary>One of four endpoints to which no connection comes about.</summary>
public class UnreachableEndpointScenarios
{
    private const double Rate = 200;

    private static readonly TimeSpan s_duration = TimeSpan.FromSeconds(3);

    [Fact]
    public Task E01_WhenOneOfFourRefusesConnections_CallsGoElsewhereAndItIsHardlyTried() => Machine.MeasureAsync(async () =>
    {
        await using var fleet = new Fleet(4);
        await using var run = new ScenarioRun(fleet.Addresses);
        fleet[0].Fault = Faults.Refuse;

        var load = await run.LoadAsync(Rate, s_duration);
        var posts = await run.LoadAsync(Rate, s_duration / 3, static () => new HttpRequestMessage(HttpMethod.Post, "/") { Content = new StringContent("an order") });

        load.AssertGoodput(0.999);
        posts.AssertGoodput(0.999);
        AssertHardlyTried(run, load + posts, fleet[0].Address);
        Assert.InRange(load.AttemptsPerCall, 1, 1.05);
        Assert.InRange((double)fleet.Requests / (load.Offered + posts.Offered), 0.99, 1.05);
        await run.AssertInvariantsAsync(fleet.Counts);
    });

    [Fact]
    public Task E02_WhenOneOfFourSwallowsConnects_CallsWaitForTheConnectTimeoutOnceAndGoElsewhere() => Machine.MeasureAsync(async () =>
    {
        await using var fleet = new Fleet(3);
        using var blackhole = await ConnectBlackhole.OpenAsync();
        await using var run = new ScenarioRun([.. fleet.Addresses, blackhole.Address]);

        var before = await run.LoadAsync(Rate, TimeSpan.FromSeconds(1));
        var after = await run.LoadAsync(Rate, TimeSpan.FromSeconds(2));

        (before + after).AssertGoodput(0.995);
        AssertHardlyTried(run, before + after, blackhole.Address);

        // Once it is cut off, a probe is all that ever waits for it.
        Assert.InRange(after.AttemptsTo(blackhole.Address), 0, 3);
        await run.AssertInvariantsAsync(fleet.Counts);
    });

    [Fact]
    public async Task E02_WhenTheOnlyEndpointSwallowsConnects_TheErrorDoesNotLookLikeTheCallersOwnCancellation()
    {
        using var blackhole = await ConnectBlackhole.OpenAsync();
        await using var run = new ScenarioRun([blackhole.Address]);

        var call = await run.GetAsync();

        Assert.IsAssignableFrom<HttpRequestException>(call.Error);
        Assert.Equal(OutcomeReason.ConnectTimeout, call.Report?.Reason);
        Assert.Contains(ScenarioRun.Causes(call.Error), cause => cause is TimeoutException);
        await run.AssertInvariantsAsync([]);
    }

    [Fact]
    public Task E30_WhenOneEndpointsNameDoesNotResolve_ItIsAFailedEndpointAndNoMore() => Machine.MeasureAsync(async () =>
    {
        await using var fleet = new Fleet(3);
        var nowhere = new Uri("http://instance.invalid:8080");
        var byName = fleet.Addresses.Select(address => new UriBuilder(address) { Host = "localhost" }.Uri);
        await using var run = new ScenarioRun([.. byName, nowhere]);

        var load = await run.LoadAsync(Rate, s_duration / 2);

        load.AssertGoodput(0.999);
        AssertHardlyTried(run, load, nowhere);
        await run.AssertInvariantsAsync(fleet.Counts);
    });

    // No server can count a connection that never came about: here the mesh's own report is all there is.
    private static void AssertHardlyTried(ScenarioRun run, Load load, Uri endpoint)
    {
        const int attemptsPerEjection = 10;

        // The balancer may well avoid it before its breaker has to open.
        Assert.InRange(load.AttemptsTo(endpoint), 1, attemptsPerEjection * Math.Max(1, run.TimesOpened));
    }
}
