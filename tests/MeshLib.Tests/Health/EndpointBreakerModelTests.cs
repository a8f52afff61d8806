using CsCheck;
using MeshLib.TestKit;
using Microsoft.Extensions.Time.Testing;

namespace MeshLib.Tests.Health;

/// <summary>The breaker against a sequential model, alone and under threads.</summary>
public class EndpointBreakerModelTests
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(3);
    private static readonly CircuitBreakerSettings s_settings = new() { ConsecutiveFailures = 3, FailureRatio = 0.5, MinimumThroughput = 6, MaxBreakDuration = TimeSpan.FromSeconds(9) };

    /// <summary>Of each step: seconds that pass, whether a probe is asked for instead of an outcome, the outcome, how many generations late it is.</summary>
    private static readonly Gen<(double Pause, bool Probe, BreakerSignal Signal, int Late)[]> s_steps =
        Gen.Select(Gen.OneOf(Gen.Const(0.0), Gen.Double[0, 4]), Gen.Bool, Gen.Enum<BreakerSignal>(), Gen.OneOf(Gen.Const(0), Gen.Const(0), Gen.Int[0, 3])).Array[0, 200];

    [Fact]
    public void R05_R06_AnySequenceOfEvents_LateOnesToo_EndsAsInTheModel() => s_steps.Sample(steps =>
    {
        var breaker = new EndpointBreaker(s_settings, new MonotonicClock(new FakeTimeProvider()), new NoJitter());
        var model = new Model();
        var now = 100.0;
        foreach (var (pause, probe, signal, late) in steps)
        {
            now += pause;
            var (actual, expected) = probe
                ? (breaker.TryBeginProbe(At(now), s_limit, out _), model.TryBeginProbe(now))
                : (breaker.Record(signal, breaker.Generation - late, At(now)), late == 0 && model.Record(signal, now));
            if (actual != expected || breaker.State != model.State)
            {
                return false;
            }
        }

        return true;
    }, iter: ScenarioLength.Of(100, 10_000));

    [Fact]
    public void R05_SixtyFourThreadsAtTheThreshold_MakeOneTransitionAndOneProbe()
    {
        const int Threads = 64;
        var rounds = ScenarioLength.Of(200, 10_000);
        var breaker = new EndpointBreaker(s_settings with { FailureRatio = 0 }, new MonotonicClock(new FakeTimeProvider()), new NoJitter());
        var (transitions, probes) = (0, 0);
        var now = 100.0;
        using var barrier = new Barrier(Threads, _ => now += 100);
        var threads = Enumerable.Range(0, Threads).Select(_ => new Thread(() =>
        {
            for (var round = 0; round < rounds; round++)
            {
                // All fail in one closed period, all ask for the probe of one break, and all report on that one probe.
                var generation = breaker.Generation;
                barrier.SignalAndWait();
                Count(ref transitions, breaker.Record(BreakerSignal.Failure, generation, At(now)));
                barrier.SignalAndWait();
                Count(ref probes, breaker.TryBeginProbe(At(now), s_limit, out _));
                barrier.SignalAndWait();
                generation = breaker.Generation;
                barrier.SignalAndWait();
                Count(ref transitions, breaker.Record(BreakerSignal.Success, generation, At(now)));
                barrier.SignalAndWait();
            }
        })).ToArray();
        Array.ForEach(threads, thread => thread.Start());
        Array.ForEach(threads, thread => thread.Join());

        Assert.Equal(rounds, probes);
        Assert.Equal(2 * rounds, transitions);
        Assert.Equal(BreakerState.Closed, breaker.State);
    }

    [Fact]
    public async Task R05_ThreadsDoingAnything_ChangeStateExactlyAsOftenAsTheySay()
    {
        var breaker = new EndpointBreaker(s_settings, new MonotonicClock(new FakeTimeProvider()), new NoJitter());
        var changes = 0;
        await Task.WhenAll(Enumerable.Range(0, 8).Select(seed => Task.Run(() =>
        {
            var random = new Random(seed);
            for (var i = 0; i < 20_000; i++)
            {
                var generation = breaker.Generation;
                var now = At(100 + (i / 100.0));
                Count(ref changes, breaker.TryBeginProbe(now, s_limit, out _));
                Count(ref changes, breaker.Record((BreakerSignal)random.Next(4), generation, now));
            }
        })));

        Assert.Equal(breaker.Generation, changes);
    }

    private static void Count(ref int counter, bool happened)
    {
        if (happened)
        {
            Interlocked.Increment(ref counter);
        }
    }

    private static long At(double seconds) => (long)(seconds * TimeSpan.TicksPerSecond);

    private sealed class Model
    {
        private readonly List<(bool Failed, double At)> _outcomes = [];
        private int _inARow;
        private int _breaks;
        private double _retryAt;
        private double _closedAt;

        public BreakerState State { get; private set; }

        public bool TryBeginProbe(double now) => State != BreakerState.Closed && At(now) >= At(_retryAt) && Enter(BreakerState.Probing, now + s_limit.TotalSeconds);

        public bool Record(BreakerSignal signal, double now) => (State, signal) switch
        {
            (BreakerState.Open, _) or (BreakerState.Closed, BreakerSignal.Ignored) => false,
            (BreakerState.Probing, BreakerSignal.Ignored) => Enter(BreakerState.Open, now),
            (BreakerState.Probing, BreakerSignal.Success) => Close(now),
            (BreakerState.Probing, _) => Break(now, _breaks + 1),
            _ => Trips(signal, now) && Break(now, now - _closedAt >= Math.Max(10, Length(_breaks)) ? 1 : _breaks + 1),
        };

        private bool Trips(BreakerSignal signal, double now)
        {
            _outcomes.Add((signal != BreakerSignal.Success, Math.Floor(now)));
            _inARow = signal switch { BreakerSignal.Success => 0, BreakerSignal.Failure => _inARow + 1, _ => _inARow };
            var window = _outcomes.Where(o => o.At > Math.Floor(now) - 10).ToList();
            return (signal == BreakerSignal.Failure && _inARow >= 3)
                || (signal != BreakerSignal.Success && window.Count >= 6 && window.Count(o => o.Failed) * 2 >= window.Count);
        }

        private bool Break(double now, int breaks)
        {
            _breaks = breaks;
            return Enter(BreakerState.Open, now + (Length(breaks) / 1.5));
        }

        private bool Close(double now)
        {
            _outcomes.Clear();
            (_inARow, _closedAt) = (0, now);
            return Enter(BreakerState.Closed, 0);
        }

        private bool Enter(BreakerState state, double retryAt)
        {
            (State, _retryAt) = (state, retryAt);
            return true;
        }

        private static double Length(int breaks) => Math.Min(9, 1.5 * Math.Pow(2, breaks - 1));
    }
}
