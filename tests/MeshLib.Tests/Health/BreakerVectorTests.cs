using Microsoft.Extensions.Time.Testing;

namespace MeshLib.Tests.Health;

/// <summary>The figures of other systems' breakers, as far as this one follows their rules.</summary>
public class BreakerVectorTests
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(3);
    private readonly MonotonicClock _clock = new(new FakeTimeProvider());

    [Fact]
    public void Linkerd_TwoFailures_ShutIt_OneThenTwoSeconds_AndStragglersAreIgnored()
    {
        var breaker = Create(new() { ConsecutiveFailures = 2, FailureRatio = 0 });
        Record(breaker, 2, BreakerSignal.Failure, at: 0);
        Assert.Equal((BreakerState.Open, At(1)), (breaker.State, breaker.RetryAt));
        breaker.Record(BreakerSignal.Success, 0, At(0.5));
        breaker.Record(BreakerSignal.Failure, 0, At(0.5));
        Assert.Equal((BreakerState.Open, At(1)), (breaker.State, breaker.RetryAt));

        Assert.True(breaker.TryBeginProbe(At(1), s_limit, out var first));
        Assert.True(breaker.Record(BreakerSignal.Failure, first, At(1)));
        Assert.Equal(At(3), breaker.RetryAt);

        Assert.True(breaker.TryBeginProbe(At(3), s_limit, out var second));
        Assert.True(breaker.Record(BreakerSignal.Success, second, At(3)));
        Assert.Equal(BreakerState.Closed, breaker.State);
    }

    [Fact]
    public void LinkerdUnified_FourFailuresOfFour_AreTooFew_TheFifthTrips()
    {
        var breaker = Create(new() { ConsecutiveFailures = 7, FailureRatio = 0.2, MinimumThroughput = 5 });

        Record(breaker, 4, BreakerSignal.Sickness, at: 1);
        Assert.Equal(BreakerState.Closed, breaker.State);

        Record(breaker, 1, BreakerSignal.Sickness, at: 1);
        Assert.Equal(BreakerState.Open, breaker.State);
    }

    [Fact]
    public void LinkerdUnified_SevenTimes429_AreNoRow_ButARatio()
    {
        var row = Create(new() { ConsecutiveFailures = 7, FailureRatio = 0 });
        var ratio = Create(new() { ConsecutiveFailures = 7, FailureRatio = 0.2, MinimumThroughput = 5 });

        Record(row, 7, OutcomeReason.TooManyRequests.Signal(), at: 1);
        Record(ratio, 7, OutcomeReason.GrpcResourceExhausted.Signal(), at: 1);

        Assert.Equal((BreakerState.Closed, BreakerState.Open), (row.State, ratio.State));
    }

    [Fact]
    public void LinkerdUnified_AfterMoreThanTenIdleSeconds_TheWindowIsEmpty()
    {
        var breaker = Create(new() { ConsecutiveFailures = 100, FailureRatio = 0.2, MinimumThroughput = 5 });
        Record(breaker, 4, BreakerSignal.Sickness, at: 1);

        Record(breaker, 4, BreakerSignal.Sickness, at: 11.1);

        Assert.Equal(BreakerState.Closed, breaker.State);
    }

    [Fact]
    public void Finagle_ThreeConsecutive_AndAnIgnorableProbeGivesItsPlaceBack()
    {
        var breaker = Create(new() { ConsecutiveFailures = 3, FailureRatio = 0 });
        Record(breaker, 2, BreakerSignal.Failure, at: 0);
        Record(breaker, 1, BreakerSignal.Success, at: 0);
        Record(breaker, 2, BreakerSignal.Failure, at: 0);
        Assert.Equal(BreakerState.Closed, breaker.State);
        Record(breaker, 1, BreakerSignal.Failure, at: 0);
        Assert.Equal(BreakerState.Open, breaker.State);

        Assert.True(breaker.TryBeginProbe(At(1), s_limit, out var probe));
        breaker.Record(BreakerSignal.Ignored, probe, At(1));

        Assert.True(breaker.TryBeginProbe(At(1), s_limit, out _));
    }

    [Fact]
    public void Resilience4j_FiveFailuresInTen_OpenItAtTheTenthCall()
    {
        var breaker = Create(new() { ConsecutiveFailures = 100, FailureRatio = 0.5, MinimumThroughput = 10 });
        for (var call = 1; call <= 9; call++)
        {
            Record(breaker, 1, call % 2 == 0 ? BreakerSignal.Sickness : BreakerSignal.Success, at: 1);
            Assert.Equal(BreakerState.Closed, breaker.State);
        }

        Record(breaker, 1, BreakerSignal.Sickness, at: 1);

        Assert.Equal(BreakerState.Open, breaker.State);
    }

    private long At(double seconds) => _clock.After(0, TimeSpan.FromSeconds(seconds));

    private EndpointBreaker Create(CircuitBreakerSettings settings) => new(settings, _clock, new NoJitter());

    private void Record(EndpointBreaker breaker, int times, BreakerSignal signal, double at)
    {
        for (var time = 0; time < times; time++)
        {
            breaker.Record(signal, breaker.Generation, At(at));
        }
    }
}
