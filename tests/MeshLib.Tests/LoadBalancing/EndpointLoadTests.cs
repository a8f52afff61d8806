using CsCheck;
using static MeshLib.Tests.LoadBalancing.Subjects;

namespace MeshLib.Tests.LoadBalancing;

public class EndpointLoadTests
{
    private readonly EndpointLoad _load = new Subjects().Endpoint().Load;

    [Fact]
    public void Latency_BeforeTheFirstSuccess_IsUnknown() => Assert.Null(_load.LatencySeconds);

    // Linkerd's ewma tests, and the steps of Finagle's published sequence in which both rules agree (algorithms 4.7).
    [Theory]
    [InlineData(1.0, 1, 0.0, 11, 0.36787944)]
    [InlineData(10, 1, 1.0, 26, 1.0)]
    [InlineData(0.1, 1, 0.05, 6, 0.0803265)]
    [InlineData(0.0683940, 11, 2.0, 12, 2.0)]
    [InlineData(2.0, 12, 0.05, 13, 1.8144330)]
    [InlineData(1.8144330, 13, 0.05, 22, 0.7673649)]
    [InlineData(0.7673649, 22, 0.05, 32, 0.3139038)]
    public void PeakEwma_AfterTwoSamples_IsThePeakOrTheBlend(double first, double at, double second, double then, double expected)
    {
        var estimate = new DecayingValue(first, (uint)(at * 1000)).Observe(second, (uint)(then * 1000));

        Assert.Equal(expected, estimate.Initial, expected * 0.001);
    }

    [Fact]
    public void Latency_AfterAQuickSuccess_FallsFourTimesAsFastAsItDecays()
    {
        _load.ObserveSuccess(1, At(1));
        Assert.Equal(Math.Exp(-0.25), _load.Cost(At(3.5), 10), 1e-3);

        _load.ObserveSuccess(0.1, At(3.5));

        Assert.Equal(Math.Exp(-1) + (0.1 * (1 - Math.Exp(-1))), _load.LatencySeconds!.Value, 1e-3);
    }

    [Fact]
    public void Cost_WhileBusyAndSilent_IsTwiceTheSilence()
    {
        _load.ObserveSuccess(0.1, At(1));
        _load.Begin(At(6));

        Assert.Equal(2 * 0.1 * Math.Exp(-0.5), _load.Cost(At(6), 10), 1e-3);
        Assert.Equal(2 * 2 * 1.0, _load.Cost(At(7.001), 10), 0.02);

        _load.ObserveSuccess(0.1, At(7.001));
        Assert.True(_load.Cost(At(7.002), 10) < 0.25);
    }

    [Fact]
    public void Cost_WhileIdle_KnowsNoSilence()
    {
        _load.ObserveSuccess(0.1, At(1));
        _load.Begin(At(1));
        _load.End();

        Assert.True(_load.Cost(At(5), 10) < 0.1);
    }

    [Fact]
    public void Latency_WhenASampleComesOutOfOrder_DoesNotDecayBackwards()
    {
        _load.ObserveSuccess(1, At(10));
        _load.ObserveSuccess(0.1, At(9));

        Assert.Equal(1, _load.LatencySeconds!.Value, 1e-6);
    }

    [Fact]
    public void Latency_WhenACallerGaveUp_OnlyRises()
    {
        _load.ObserveSuccess(0.1, At(1));
        _load.ObserveAtLeast(0.05, At(2));
        Assert.Equal(0.1, _load.LatencySeconds!.Value, 1e-6);

        _load.ObserveAtLeast(3, At(3));
        Assert.Equal(3, _load.LatencySeconds!.Value, 1e-6);
    }

    [Fact]
    public void Latency_WhenTheCallerGaveUpOnAnUnprovenEndpoint_IsAtLeastTheWait()
    {
        _load.ObserveAtLeast(3, At(1));

        Assert.Equal(3, _load.LatencySeconds!.Value, 1e-6);
    }

    [Fact]
    public void Cost_IsLatencyTimesAttemptsInFlightAndOne_AndDecaysWhenIdle()
    {
        _load.ObserveSuccess(0.1, At(1));
        _load.Begin(At(1));
        _load.Begin(At(1));

        Assert.Equal(0.3, _load.Cost(At(1), 10), 1e-4);
        _load.End();
        _load.End();
        Assert.Equal(0.1 * Math.Exp(-2), _load.Cost(At(21), 10), 1e-4);
    }

    [Fact]
    public void Cost_OfAnUnprovenEndpoint_IsNothingUntilItHasItsOneTrial()
    {
        Assert.Equal(0, _load.Cost(At(1), 10));

        _load.Begin();

        Assert.Equal(20, _load.Cost(At(1), 10), 1e-4);
    }

    [Fact]
    public void Cost_AfterAFailure_WearsOffToThePeersLevelIn14Seconds()
    {
        _load.ObserveSuccess(0.001, At(1));
        _load.ObserveFailure(8, 0, At(1));

        Assert.Equal(32, _load.Cost(At(1), 10), 0.01);
        Assert.True(_load.Cost(At(1 + 13.8), 10) > 8);
        Assert.True(_load.Cost(At(1 + 13.95), 10) < 8);
    }

    [Fact]
    public void Penalty_OfStragglers_DoesNotEscalate()
    {
        for (var i = 0; i < 50; i++)
        {
            _load.ObserveFailure(1, 0, At(1));
        }

        Assert.Equal(4, _load.PenaltySeconds(At(1)), 0.001);
    }

    [Fact]
    public void Penalty_WhenEveryTrialFails_GrowsByFourUpToFourTimesAndNeverBeyond300Seconds()
    {
        var now = 1.0;
        foreach (var expected in new[] { 4.0, 16, 64, 256, 256 })
        {
            _load.ObserveFailure(1, 0, At(now));
            Assert.Equal(expected, _load.PenaltySeconds(At(now)), expected * 0.001);
            now += 60;
        }

        _load.ObserveFailure(1e6, 0, At(now));
        Assert.Equal(300, _load.PenaltySeconds(At(now)), 0.01);
    }

    [Fact]
    public void Penalty_AfterASuccess_StepsBack()
    {
        _load.ObserveFailure(1, 0, At(0));
        _load.ObserveFailure(1, 0, At(60));
        _load.ObserveSuccess(1, At(120));
        _load.ObserveSuccess(1, At(120));
        _load.ObserveFailure(1, 0, At(120));

        Assert.Equal(4, _load.PenaltySeconds(At(120)), 0.001);
    }

    [Theory]
    [InlineData(0, 13.86)]
    [InlineData(1, 13.86)]
    [InlineData(-5, 13.86)]
    [InlineData(30, 30)]
    public void Penalty_WithAHint_TakesAtLeastThatLongToWearOff(double hint, double wearsOffAfter)
    {
        _load.ObserveFailure(0.01, hint, At(0));

        Assert.True(_load.PenaltySeconds(At(wearsOffAfter - 0.1)) > 0.01);
        Assert.True(_load.PenaltySeconds(At(wearsOffAfter + 0.1)) < 0.01);
    }

    [Fact]
    public void Penalty_WithAnEndlessHint_Is300Seconds()
    {
        _load.ObserveFailure(0.01, 3600, At(0));

        Assert.Equal(300, _load.PenaltySeconds(At(0)), 0.01);
    }

    [Fact]
    public void Penalty_LeavesTheLatencyAlone()
    {
        _load.ObserveSuccess(0.1, At(0));
        _load.ObserveFailure(1, 0, At(0));

        Assert.Equal(0.1, _load.LatencySeconds!.Value, 1e-6);
    }

    [Fact]
    public void Latency_ForAnySamples_StaysWithinThem() => Gen.Select(Gen.Double[1e-6, 300], Gen.Double[0, 30]).Array[1, 50].Sample(samples =>
    {
        var load = new Subjects().Endpoint().Load;
        var now = 0.0;
        foreach (var (seconds, pause) in samples)
        {
            now += pause;
            load.ObserveSuccess(seconds, At(now));
        }

        var latency = load.LatencySeconds!.Value;
        return latency <= samples.Max(s => s.Item1) * 1.001 && latency >= samples.Min(s => s.Item1) * 0.999;
    });

    [Fact]
    public void Cost_OverAgesAndLoads_IsTheClosedFormula() => Gen.Select(Gen.Double[1e-6, 300], Gen.Double[0, 200], Gen.Int[0, 2000]).Sample((seconds, age, inFlight) =>
    {
        var load = new Subjects().Endpoint().Load;
        load.ObserveSuccess(seconds, At(0));
        for (var i = 0; i < inFlight; i++)
        {
            load.Begin();
        }

        var expected = seconds * Math.Exp(-Math.Floor(age * 1000) / 10_000) * (inFlight + 1);
        return Math.Abs(load.Cost(At(age), 10) - expected) <= expected * 0.01;
    });

    [Fact]
    public void Latency_AfterTheMillisecondsWrap_IsStillDecayed()
    {
        _load.ObserveSuccess(1, At(4_294_967));
        Assert.Equal(Math.Exp(-1), _load.Cost(At(4_294_977), 10), 0.001);
    }

    [Fact]
    public async Task InFlight_AfterManyThreads_IsZero()
    {
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() =>
        {
            for (var i = 0; i < 20_000; i++)
            {
                _load.Begin();
                _load.ObserveSuccess(0.01, At(i / 1000.0));
                _load.ObserveFailure(0.01, 0, At(i / 1000.0));
                _load.End();
            }
        })));

        Assert.Equal(0, _load.InFlight);
        Assert.Equal(0.01, _load.LatencySeconds!.Value, 1e-5);
    }
}
