using static MeshLib.Tests.LoadBalancing.Subjects;

namespace MeshLib.Tests.LoadBalancing;

/// <summary>The cases that Finagle and Linkerd publish for two choices, Peak EWMA and Linkerd's biaser, and in the tests' names where MeshLib's rule is another.</summary>
public class PublishedVectorTests
{
    private const double Peers = 0.01;

    private readonly Subjects _subjects = new();
    private readonly EndpointLoad _load = new Subjects().Endpoint().Load;

    [Theory]
    [InlineData(LoadBalancers.LeastRequest)]
    [InlineData(LoadBalancers.PeakEwma)]
    public void Choices_OfAHundredAlike_SpreadAHundredThousandWithin50(string name)
    {
        var set = _subjects.Endpoints(100);
        Array.ForEach(set, static e => e.Load.ObserveSuccess(0.1, At(0)));
        var picker = new LoadBalancers([], new NoServices(), new Random(12345)).Create(name).CreatePicker(set);

        for (var i = 0; i < 100_000; i++)
        {
            picker.Pick(Call())!.Load.Begin();
        }

        Assert.All(set, static e => Assert.InRange(e.InFlight, 950, 1050));
    }

    [Fact]
    public void Choices_WhenAllHaveJustFailed_StillServe()
    {
        var set = _subjects.Endpoints(100);
        Array.ForEach(set, static e => e.Load.ObserveFailure(Peers, 0, At(0)));
        var picker = new LoadBalancers([], new NoServices(), new Random(12345)).Create(LoadBalancers.PeakEwma).CreatePicker(set);

        Assert.All(Enumerable.Range(0, 1_000), _ => Assert.NotNull(picker.Pick(Call())));
    }

    /// <summary>Finagle looks again, up to five times, when both choices are dead, and so sends a thousandth to dead ones where half are. Dead ones are no choice here.</summary>
    [Fact]
    public void Choices_WhenHalfAreCutOff_NeverFallOnOneOfThemUnlikeFinagles()
    {
        var set = _subjects.Endpoints(100);
        foreach (var dead in set[..50])
        {
            for (var i = 0; i < 5; i++)
            {
                dead.Breaker.Record(BreakerSignal.Failure, dead.Breaker.Generation, At(1), out _);
            }
        }

        var balancer = new LoadBalancers([], new NoServices(), new Random(12345)).Create(LoadBalancers.PeakEwma);
        var snapshot = EndpointSnapshot.Of(set, new EffectivePolicy(), (live, _) => new PickPlan(balancer.CreatePicker(live), live), new RoundRobinLoadBalancer(new Random(1)));

        Assert.All(Enumerable.Range(0, 10_000), _ => Assert.Contains(snapshot.Picker!.Pick(Call()), set[50..]));
    }

    /// <summary>Finagle compares a sample with the estimate as it was, and blends it in: 68.4 ms, and 54.8 ms. Compared with what is left of the estimate, 48.7 ms and 7 ms, it is a peak.</summary>
    [Theory]
    [InlineData(0.0803265, 6, 11)]
    [InlineData(0.1470848, 42, 72)]
    public void Latency_OfASampleAboveWhatIsLeft_IsTheSampleAsLinkerdsAndUnlikeFinagles(double estimate, double at, double then)
    {
        _load.ObserveSuccess(estimate, At(at));
        _load.ObserveSuccess(0.05, At(then));

        Assert.Equal(0.05, _load.LatencySeconds!.Value, 1e-6);
    }

    [Fact]
    public void Latency_ShortlyAfterAPeak_IsBetweenAsLinkerds()
    {
        _load.ObserveSuccess(10, At(1));
        _load.ObserveSuccess(1, At(1.1));

        Assert.InRange(_load.LatencySeconds!.Value, 9, 10);
    }

    [Fact]
    public void Latency_TheFirstSampleReplacesWhateverWasExpectedAsLinkerds()
    {
        _load.Expect(EndpointLoad.NewcomerSeconds);
        _load.ObserveSuccess(0.001, At(0));

        Assert.Equal(0.001, _load.LatencySeconds!.Value, 1e-6);
    }

    [Fact]
    public void Cost_OfAnUnprovenEndpointWithOnePending_IsAboveAnyProvenOnesAsFinagles()
    {
        _load.Expect(EndpointLoad.NewcomerSeconds);
        Assert.Equal(0, _load.Cost(At(0), EndpointLoad.NewcomerSeconds));

        _load.Begin();
        Assert.Equal(EndpointLoad.NewcomerSeconds * 2, _load.Cost(At(0), EndpointLoad.NewcomerSeconds), 1e-3);
    }

    /// <summary>Linkerd records 5 s, which is 500 times what peers of 10 ms cost and a tenth of what busy ones do.</summary>
    [Fact]
    public void Penalty_OfAFastFailure_IsFourTimesThePeersAndNotLinkerds5Seconds()
    {
        _load.ObserveFailure(Peers, hintSeconds: 0, At(0));
        Assert.Equal(4 * Peers, _load.PenaltySeconds(At(0)), 1e-6);

        var busy = _subjects.Endpoint().Load;
        busy.ObserveFailure(peerMedianSeconds: 8, hintSeconds: 0, At(0));
        Assert.Equal(32, busy.PenaltySeconds(At(0)), 1e-3);
    }

    /// <summary>Linkerd takes the hint itself for a latency, which takes 80 s to wear off to 10 ms where the server asked for 30.</summary>
    [Fact]
    public void Penalty_WithRetryAfter30_WearsOffIn30SecondsUnlikeLinkerds()
    {
        _load.ObserveFailure(Peers, hintSeconds: 30, At(0));

        Assert.True(_load.PenaltySeconds(At(29.9)) > Peers);
        Assert.InRange(_load.PenaltySeconds(At(30.1)), 0, Peers);
    }

    [Theory]
    [InlineData(3600)]
    [InlineData(double.MaxValue)]
    public void Penalty_WithRetryAfterAnHour_IsAtMost300SecondsAsLinkerds(double hint)
    {
        _load.ObserveFailure(Peers, hint, At(0));

        Assert.Equal(300, _load.PenaltySeconds(At(0)), 0.01);
    }

    [Fact]
    public void Penalty_WithAHintInThePast_IsThatOfNoHintAsLinkerds()
    {
        _load.ObserveFailure(Peers, hintSeconds: -5, At(0));

        Assert.Equal(4 * Peers, _load.PenaltySeconds(At(0)), 1e-6);
    }

    [Fact]
    public void Cost_OfALatencyAboveThePenalty_IsTheLatencysAsLinkerds()
    {
        _load.ObserveSuccess(8, At(0));
        _load.ObserveFailure(Peers, hintSeconds: 0, At(0));

        Assert.Equal(8, _load.Cost(At(0), seedSeconds: 1), 1e-3);
    }
}
