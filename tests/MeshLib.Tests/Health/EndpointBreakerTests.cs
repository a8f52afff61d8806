using Microsoft.Extensions.Time.Testing;

namespace MeshLib.Tests.Health;

public class EndpointBreakerTests
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(3);
    private static readonly CircuitBreakerSettings s_settings = new();
    private readonly MonotonicClock _clock = new(new FakeTimeProvider());

    [Fact]
    public void FiveFailuresInARow_OpenIt()
    {
        var breaker = Create();

        Assert.Equal([false, false, false, false, true], Repeat(5, () => breaker.Record(BreakerSignal.Failure, 0, At(1))));
        Assert.Equal(BreakerState.Open, breaker.State);
        Assert.Equal(At(2), breaker.RetryAt);
    }

    [Fact]
    public void ASuccessBetweenFailures_BeginsTheRowAnew()
    {
        var breaker = Create(s_settings with { FailureRatio = 0 });

        for (var i = 0; i < 20; i++)
        {
            Repeat(4, () => breaker.Record(BreakerSignal.Failure, 0, At(1)));
            breaker.Record(BreakerSignal.Success, 0, At(1));
        }

        Assert.Equal(BreakerState.Closed, breaker.State);
    }

    [Fact]
    public void HalfOfTwentyFailing_OpensIt_AndNineteenDoNot()
    {
        var breaker = Create(s_settings with { ConsecutiveFailures = 0 });

        Repeat(10, () => breaker.Record(BreakerSignal.Success, 0, At(1)));
        Assert.DoesNotContain(true, Repeat(9, () => breaker.Record(BreakerSignal.Failure, 0, At(2))));
        Assert.True(breaker.Record(BreakerSignal.Failure, 0, At(3)));
    }

    [Fact]
    public void Sickness_CountsForTheRatioButNotForTheRow()
    {
        var row = Create(s_settings with { FailureRatio = 0 });
        Repeat(100, () => row.Record(BreakerSignal.Sickness, 0, At(1)));
        Assert.Equal(BreakerState.Closed, row.State);

        var ratio = Create();
        Assert.DoesNotContain(true, Repeat(19, () => ratio.Record(BreakerSignal.Sickness, 0, At(1))));
        Assert.True(ratio.Record(BreakerSignal.Sickness, 0, At(1)));
    }

    [Fact]
    public void CancelledCallers_NeverOpenIt()
    {
        var breaker = Create();

        Repeat(1_000, () => breaker.Record(BreakerSignal.Ignored, 0, At(1)));
        Repeat(4, () => breaker.Record(BreakerSignal.Failure, 0, At(1)));

        Assert.Equal(BreakerState.Closed, breaker.State);
    }

    [Fact]
    public void BothRulesAtZero_SwitchItOff()
    {
        var breaker = Create(s_settings with { ConsecutiveFailures = 0, FailureRatio = 0 });

        Repeat(1_000, () => breaker.Record(BreakerSignal.Failure, 0, At(1)));

        Assert.Equal(BreakerState.Closed, breaker.State);
    }

    [Fact]
    public void Failures_OlderThanTheWindow_DoNotCountForTheRatio()
    {
        var breaker = Create(s_settings with { ConsecutiveFailures = 0 });

        Repeat(19, () => breaker.Record(BreakerSignal.Failure, 0, At(1)));
        Assert.False(breaker.Record(BreakerSignal.Failure, 0, At(12)));
    }

    [Fact]
    public void AProbe_BeginsWhenTheBreakIsOver_AndOnlyOne()
    {
        var breaker = Opened();

        Assert.False(breaker.TryBeginProbe(At(1.99), s_limit, out _));
        Assert.True(breaker.TryBeginProbe(At(2), s_limit, out var generation));
        Assert.False(breaker.TryBeginProbe(At(2), s_limit, out _));
        Assert.Equal(BreakerState.Probing, breaker.State);
        Assert.Equal(breaker.Generation, generation);
        Assert.Equal(At(5), breaker.RetryAt);
    }

    [Fact]
    public void TryBeginProbe_WhileClosed_IsRefused() => Assert.False(Create().TryBeginProbe(At(1), s_limit, out _));

    [Fact]
    public void AProbesSuccess_ClosesIt_AndOldFailuresAreForgotten()
    {
        var breaker = Opened();
        breaker.TryBeginProbe(At(2), s_limit, out var probe);

        Assert.True(breaker.Record(BreakerSignal.Success, probe, At(2)));
        Assert.Equal(BreakerState.Closed, breaker.State);
        Assert.Equal(0, breaker.RetryAt);
        Assert.DoesNotContain(true, Repeat(4, () => breaker.Record(BreakerSignal.Failure, breaker.Generation, At(2))));
    }

    [Theory]
    [InlineData(BreakerSignal.Failure)]
    [InlineData(BreakerSignal.Sickness)]
    internal void AProbesFailure_OpensItForTwiceAsLong(BreakerSignal signal)
    {
        var breaker = Opened();
        breaker.TryBeginProbe(At(2), s_limit, out var probe);

        Assert.True(breaker.Record(signal, probe, At(3)));
        Assert.Equal(BreakerState.Open, breaker.State);
        Assert.Equal(At(5), breaker.RetryAt);
    }

    // peers T29: in Polly a cancelled probe closes the breaker.
    [Fact]
    public void ACancelledProbe_IsNoEvidence_AndAnotherMayBeginAtOnce()
    {
        var breaker = Opened();
        breaker.TryBeginProbe(At(2), s_limit, out var probe);

        Assert.True(breaker.Record(BreakerSignal.Ignored, probe, At(2.5)));
        Assert.Equal(BreakerState.Open, breaker.State);
        Assert.True(breaker.TryBeginProbe(At(2.5), s_limit, out var another));

        breaker.Record(BreakerSignal.Failure, another, At(2.5));
        Assert.Equal(At(4.5), breaker.RetryAt);
    }

    [Fact]
    public void AProbeThatNeverEnds_GivesWayWhenItsLimitHasPassed()
    {
        var breaker = Opened();
        breaker.TryBeginProbe(At(2), s_limit, out var lost);

        Assert.False(breaker.TryBeginProbe(At(4.9), s_limit, out _));
        Assert.True(breaker.TryBeginProbe(At(5), s_limit, out var second));
        Assert.False(breaker.Record(BreakerSignal.Success, lost, At(6)));
        Assert.Equal(BreakerState.Probing, breaker.State);
        Assert.True(breaker.Record(BreakerSignal.Success, second, At(6)));
    }

    // peers T30: in Polly a late success from before the break closes a half-open breaker.
    [Fact]
    public void R06_LateResults_FromBeforeTheBreak_ChangeNothing()
    {
        var breaker = Opened();
        foreach (var signal in Enum.GetValues<BreakerSignal>())
        {
            Assert.False(breaker.Record(signal, 0, At(1.5)));
        }

        breaker.TryBeginProbe(At(2), s_limit, out var probe);
        foreach (var signal in Enum.GetValues<BreakerSignal>())
        {
            Assert.False(breaker.Record(signal, 0, At(2)));
            Assert.Equal(BreakerState.Probing, breaker.State);
        }

        breaker.Record(BreakerSignal.Success, probe, At(3));
        Repeat(100, () => breaker.Record(BreakerSignal.Failure, 0, At(3)));
        Assert.Equal(BreakerState.Closed, breaker.State);
    }

    [Fact]
    public void TheBreak_GrowsTwofoldUpToItsMaximum_WithoutEverPassingIt()
    {
        var breaker = Create(s_settings with { MaxBreakDuration = TimeSpan.FromSeconds(12) });
        Repeat(5, () => breaker.Record(BreakerSignal.Failure, 0, At(1)));
        var lengths = new List<double>();
        for (var now = 1.0; lengths.Count < 6; )
        {
            lengths.Add((breaker.RetryAt / (double)TimeSpan.TicksPerSecond) - now);
            now += lengths[^1];
            Assert.True(breaker.TryBeginProbe(breaker.RetryAt, s_limit, out var probe));
            breaker.Record(BreakerSignal.Failure, probe, At(now));
        }

        Assert.Equal([1, 2, 4, 8, 8, 8], lengths, (a, b) => Math.Abs(a - b) < 0.001);
    }

    [Fact]
    public void TheBreaksJitter_IsUpToHalfOnTop()
    {
        var lengths = Enumerable.Range(0, 200).Select(seed =>
        {
            var breaker = new EndpointBreaker(s_settings, _clock, new Random(seed));
            Repeat(5, () => breaker.Record(BreakerSignal.Failure, 0, 0));
            return breaker.RetryAt / (double)TimeSpan.TicksPerSecond;
        }).ToArray();

        Assert.InRange(lengths.Min(), 1, 1.05);
        Assert.InRange(lengths.Max(), 1.45, 1.5);
    }

    [Fact]
    public void TheBreak_WhenItsMaximumLeavesNoRoomForJitter_IsNoShorterThanItsDuration()
    {
        foreach (var seed in Enumerable.Range(0, 20))
        {
            var breaker = new EndpointBreaker(s_settings with { MaxBreakDuration = s_settings.BreakDuration }, _clock, new Random(seed));
            Repeat(5, () => breaker.Record(BreakerSignal.Failure, 0, 0));
            Assert.Equal(s_settings.BreakDuration.Ticks, breaker.RetryAt);
        }
    }

    [Theory]
    [InlineData(5, 2)]
    [InlineData(9.9, 2)]
    [InlineData(10, 1)]
    public void TheBreak_AfterAHealthySpell_IsShortAgain(double closedFor, double expected)
    {
        var breaker = Opened();
        breaker.TryBeginProbe(At(2), s_limit, out var probe);
        breaker.Record(BreakerSignal.Success, probe, At(2));

        Repeat(5, () => breaker.Record(BreakerSignal.Failure, breaker.Generation, At(2 + closedFor)));

        Assert.Equal(At(2 + closedFor + expected), breaker.RetryAt);
    }

    // peers T33: in Polly a reload closes an open circuit.
    [Fact]
    public void NewSettings_KeepTheState()
    {
        var breaker = Opened();
        breaker.Apply(s_settings with { ConsecutiveFailures = 50, Window = TimeSpan.FromSeconds(30) });
        Assert.Equal(BreakerState.Open, breaker.State);
        Assert.Equal(At(2), breaker.RetryAt);

        var closed = Create();
        Repeat(3, () => closed.Record(BreakerSignal.Failure, 0, At(1)));
        closed.Apply(s_settings with { ConsecutiveFailures = 4 });
        Assert.True(closed.Record(BreakerSignal.Failure, 0, At(1)));
    }

    [Fact]
    public void TheBreak_OfExtremeSettings_DoesNotOverflow()
    {
        var breaker = Create(s_settings with { BreakDuration = TimeSpan.FromDays(24), MaxBreakDuration = TimeSpan.MaxValue });
        Repeat(5, () => breaker.Record(BreakerSignal.Failure, 0, At(1)));
        for (var i = 0; i < 1_100; i++)
        {
            var due = breaker.RetryAt;
            if (breaker.TryBeginProbe(due, s_limit, out var probe))
            {
                breaker.Record(BreakerSignal.Failure, probe, due);
            }
        }

        Assert.Equal(BreakerState.Open, breaker.State);
        Assert.True(breaker.RetryAt > At(1));
    }

    private static long At(double seconds) => (long)(seconds * TimeSpan.TicksPerSecond);

    private static bool[] Repeat(int times, Func<bool> record) => [.. Enumerable.Range(0, times).Select(_ => record())];

    private EndpointBreaker Create(CircuitBreakerSettings? settings = null) => new(settings ?? s_settings, _clock, new NoJitter());

    /// <summary>Opened at second 1 for a second.</summary>
    private EndpointBreaker Opened()
    {
        var breaker = Create();
        Repeat(5, () => breaker.Record(BreakerSignal.Failure, 0, At(1)));
        return breaker;
    }
}
