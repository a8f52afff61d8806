namespace MeshLib.Tests.LoadBalancing;

/// <summary>The failure penalty against the situations it was designed for (algorithms 2.4, 3.10; performance C6, C8).</summary>
public class SinkholeTests
{
    [Theory]
    [InlineData(1_000, 1.0, 99.98)]
    [InlineData(8_000, 1.0, 99.99)]
    [InlineData(1_000, 0.3, 99.98)]
    [InlineData(8_000, 0.3, 99.99)]
    public void PeakEwma_WhenOneOfTenFailsFast_AvoidsItAtAnyLoad(double rate, double failing, double atLeast)
    {
        var simulation = Simulate(10, rate, 0.1, (endpoint, now) => endpoint == 0 && now is >= 10 and < 40 ? failing : 0).Run(60);

        Assert.InRange(simulation.SuccessPercent(10, 40), atLeast, 100);
    }

    [Fact]
    public void PeakEwma_WhenOneOfTenFailsFast_UsesItAgainWithinAMinuteOfItsRecovery()
    {
        var simulation = Simulate(10, 1_000, 0.1, (endpoint, now) => endpoint == 0 && now is >= 10 and < 40 ? 1 : 0).Run(115);

        Assert.InRange(simulation.Share(0, 100, 115), 0.08, 0.12);
    }

    [Theory]
    [InlineData(5)]
    [InlineData(100)]
    [InlineData(500)]
    public void PeakEwma_WhenAllFail30Percent_SpreadsNearlyEvenly(double rate)
    {
        var simulation = Simulate(3, rate, 0.05, (_, now) => now >= 10 ? 0.3 : 0).Run(310);

        // Short-term too: no endpoint takes everything for half a minute.
        Assert.All(Enumerable.Range(0, 3), endpoint => Assert.InRange(simulation.Share(endpoint, 10, 310), 0.26, 0.41));
        Assert.All(Enumerable.Range(0, 3), endpoint => Assert.All(Enumerable.Range(1, 10), part => Assert.InRange(simulation.Share(endpoint, (part * 30) - 20, (part * 30) + 10), 0.1, 0.7)));
    }

    [Theory]
    [InlineData(20)]
    [InlineData(500)]
    public void PeakEwma_AfterASingleBlip_NeitherBanishesNorOverloads(double rate)
    {
        var blipped = false;
        var simulation = Simulate(3, rate, 0.02, (endpoint, now) =>
        {
            var blip = endpoint == 0 && now >= 10 && !blipped;
            blipped |= blip;
            return blip ? 1 : 0;
        }).Run(60);

        // It comes back within half a minute, and until then the other two carry half each, not one of them all.
        Assert.InRange(simulation.Share(0, 40, 60), 0.15, 0.55);
        Assert.InRange(simulation.Share(1, 10, 40), 0.2, 0.6);
        Assert.InRange(simulation.Share(2, 10, 40), 0.2, 0.6);
    }

    [Fact]
    public void PeakEwma_WhenAllAreOverloadedAndSayRetryAfter_KeepsSpreading()
    {
        var simulation = Simulate(5, 500, 0.02, (_, now) => now is >= 10 and < 20 ? 0.5 : 0, hint: 5).Run(40);

        Assert.All(Enumerable.Range(0, 5), endpoint => Assert.InRange(simulation.Share(endpoint, 10, 20), 0.14, 0.26));
        Assert.All(Enumerable.Range(0, 5), endpoint => Assert.InRange(simulation.Share(endpoint, 20, 40), 0.12, 0.28));
    }

    [Fact]
    public void PeakEwma_WhenABurstMeetsAFewIdlePeers_DoesNotFallBackOnTheDeadOne()
    {
        var set = new Subjects().Endpoints(3);
        Array.ForEach(set, e => e.Load.ObserveSuccess(0.01, Subjects.At(1)));
        set[0].Load.ObserveFailure(PeerLoad.Median(set, set[0], Subjects.At(1), new Random(1)), 0, Subjects.At(1));
        var picker = new PeakEwmaLoadBalancer(new Random(1)).CreatePicker(set);

        for (var i = 0; i < 24; i++)
        {
            picker.Pick(Subjects.Call(2))!.Load.Begin();
        }

        Assert.Equal(0, set[0].InFlight);
    }

    private static SinkholeSimulation Simulate(int endpoints, double rate, double latency, Func<int, double, double> failing, double hint = 0) =>
        new(endpoints, rate, latency, seed: 12345, failing) { Balancer = new PeakEwmaLoadBalancer(new Random(54321)), Hint = hint };
}
