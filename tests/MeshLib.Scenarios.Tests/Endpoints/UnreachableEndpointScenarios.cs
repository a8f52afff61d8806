namespace MeshLib.Scenarios.Tests.Endpoints;

/// <summary>One of four endpoints to which no connection comes about.</summary>
public class UnreachableEndpointScenarios
{
    // Half of the attempt's time-out, as the policy derives it.
    private static readonly TimeSpan s_connectTimeout = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan s_oneRetry = TimeSpan.FromMilliseconds(100);

    [Fact]
    public async Task E01_WhenOneOfFourRefusesConnections_CallsGoElsewhereAndItIsHardlyTried()
    {
        await using var fleet = new Fleet(4);
        await using var run = new ScenarioRun(fleet.Addresses);
        fleet[0].Fault = Faults.Refuse;

        var load = await run.LoadAsync(seconds: 3);
        var posts = await run.LoadAsync(seconds: 1, inFull: 10, static () => new HttpRequestMessage(HttpMethod.Post, "/") { Content = new StringContent("an order") });

        load.AssertGoodput(0.999);
        posts.AssertGoodput(0.999);
        AssertHardlyTried(run, load + posts, fleet[0].Address);
        Assert.InRange(load.AttemptsPerCall, 1, 1.05);
        Assert.InRange((double)fleet.Requests / (load.Offered + posts.Offered), 0.99, 1.05);
        await ScenarioRun.AssertLeftAloneAsync(fleet[0].Counts);
        await run.AssertInvariantsAsync(fleet.Counts);
    }

    [Fact]
    public async Task E02_WhenOneOfFourSwallowsConnects_CallsWaitForTheConnectTimeoutOnceAndGoElsewhere()
    {
        await using var fleet = new Fleet(3);
        using var blackhole = await ConnectBlackhole.OpenAsync();
        await using var run = new ScenarioRun([.. fleet.Addresses, blackhole.Address]);

        var before = await run.LoadAsync(seconds: 1, inFull: 5);
        var after = await run.LoadAsync(seconds: 2);

        (before + after).AssertGoodput(0.995);
        AssertHardlyTried(run, before + after, blackhole.Address);

        // Nobody waits for it twice; and once it is cut off, only probes wait, too few to show in the 99th percentile.
        Assert.All((before + after).Calls, call => Assert.InRange(call.AttemptsTo(blackhole.Address), 0, 1));
        Assert.InRange(before.Percentile(0.99), TimeSpan.Zero, s_connectTimeout + TimeSpan.FromMilliseconds(50) + s_oneRetry);
        Assert.InRange(after.AttemptsTo(blackhole.Address), 0, Math.Max(3, 0.005 * after.Offered));
        await run.AssertInvariantsAsync(fleet.Counts);
    }

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
    public async Task E30_WhenOneEndpointsNameDoesNotResolve_ItIsAFailedEndpointAndNoMore()
    {
        await using var fleet = new Fleet(3);
        var nowhere = new Uri("http://instance.invalid:8080");
        var byName = fleet.Addresses.Select(address => new UriBuilder(address) { Host = "localhost" }.Uri);
        await using var run = new ScenarioRun([.. byName, nowhere]);

        var load = await run.LoadAsync(seconds: 1.5);

        load.AssertGoodput(0.999);
        AssertHardlyTried(run, load, nowhere);
        await run.AssertInvariantsAsync(fleet.Counts);
    }

    // No server can count a connection that never came about: here the mesh's own report is all there is.
    private static void AssertHardlyTried(ScenarioRun run, Load load, Uri endpoint)
    {
        const int attemptsPerEjection = 10;

        // The balancer may well avoid it before its breaker has to open.
        Assert.InRange(load.AttemptsTo(endpoint), 1, attemptsPerEjection * Math.Max(1, run.TimesOpened));
    }
}
