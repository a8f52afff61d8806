namespace MeshLib;

/// <summary>
/// One endpoint's breaker: status that the picker reads, never an exception. It opens after failures in a row or on a failure ratio over a window, lets one
/// time-limited probe through when the break is over, and closes on that probe's success alone. Safe on any thread; no lock anywhere.
/// <para>
/// Each stretch of one state is a <see cref="Period"/> with a generation of its own, replaced whole by a compare-exchange. An attempt names the generation it began in, and
/// what it reports later changes nothing: neither a late success nor a late failure from before a break is evidence about now.
/// </para>
/// </summary>
internal sealed class EndpointBreaker
{
    private readonly MonotonicClock _clock;
    private readonly Random _random;
    private CircuitBreakerSettings _settings;
    private Period _period;

    public EndpointBreaker(CircuitBreakerSettings settings, MonotonicClock clock, Random random)
    {
        _settings = settings;
        _clock = clock;
        _random = random;
        _period = new Period(BreakerState.Closed, 0, 0, 0, new SlidingWindow(settings.Window, clock));
    }

    public BreakerState State => Current.State;

    /// <summary>The timestamp from which a probe may start: the end of the break, or while <see cref="BreakerState.Probing"/> the end of the probe's time limit. 0 while closed.</summary>
    public long RetryAt => Current.RetryAt;

    /// <summary>What an attempt that begins now must name in <see cref="Record"/>.</summary>
    public int Generation => Current.Generation;

    private Period Current => Volatile.Read(ref _period);

    /// <summary>Puts other settings in force. State and counts stay, except that counts start anew when the window's length changes.</summary>
    public void Apply(CircuitBreakerSettings settings)
    {
        Volatile.Write(ref _settings, settings);
        var period = Current;
        if (period.Window is { } window && window.Length != settings.Window)
        {
            period.Window = new SlidingWindow(settings.Window, _clock);
        }
    }

    /// <summary>
    /// Lets exactly one caller through when the break is over, or when the last probe has outlived its limit (a probe that never ends is the most
    /// common bug of all breakers).
    /// </summary>
    /// <param name="now">The current timestamp.</param>
    /// <param name="limit">How long the probe may take before another may start.</param>
    /// <param name="generation">What the probe must name in <see cref="Record"/>.</param>
    /// <param name="transition">What that changed, if anything.</param>
    public bool TryBeginProbe(long now, TimeSpan limit, out int generation, out BreakerTransition transition)
    {
        var period = Current;
        generation = period.Generation + 1;
        transition = default;
        return period.State != BreakerState.Closed && now >= period.RetryAt
            && Replace(period, new Period(BreakerState.Probing, generation, _clock.After(now, limit), period.Breaks, null), out transition);
    }

    /// <summary>Takes an attempt's outcome.</summary>
    /// <param name="signal">The outcome.</param>
    /// <param name="generation">The generation in which the attempt began.</param>
    /// <param name="now">The current timestamp.</param>
    /// <param name="transition">What this outcome changed, if anything.</param>
    /// <returns>Whether this outcome changed the state.</returns>
    public bool Record(BreakerSignal signal, int generation, long now, out BreakerTransition transition)
    {
        transition = default;
        var period = Current;
        return period.Generation == generation && period.State switch
        {
            BreakerState.Closed => RecordTraffic(period, signal, now, out transition),
            BreakerState.Probing => RecordProbe(period, signal, now, out transition),
            _ => false,
        };
    }

    private bool RecordTraffic(Period period, BreakerSignal signal, long now, out BreakerTransition transition)
    {
        transition = default;
        var settings = Volatile.Read(ref _settings);
        if (signal == BreakerSignal.Ignored)
        {
            return false;
        }

        if (settings.FailureRatio > 0)
        {
            period.Window!.Add(signal != BreakerSignal.Success, now);
        }

        if (signal == BreakerSignal.Success)
        {
            // Read first: a healthy endpoint writes nothing here.
            if (Volatile.Read(ref period.FailuresInARow) != 0)
            {
                Volatile.Write(ref period.FailuresInARow, 0);
            }

            return false;
        }

        var inARow = signal == BreakerSignal.Failure ? Interlocked.Increment(ref period.FailuresInARow) : 0;
        return (IsTooManyInARow(settings, inARow) || IsTooHighARatio(settings, period.Window!, now))
            && Replace(period, Break(period, Relapses(period, settings, now) + 1, settings, now), out transition);
    }

    private bool RecordProbe(Period period, BreakerSignal signal, long now, out BreakerTransition transition)
    {
        var settings = Volatile.Read(ref _settings);
        var next = signal switch
        {
            BreakerSignal.Success => new Period(BreakerState.Closed, period.Generation + 1, 0, period.Breaks, new SlidingWindow(settings.Window, _clock)) { Began = now },

            // No evidence, so the break is neither over nor renewed: the next caller may probe at once.
            BreakerSignal.Ignored => new Period(BreakerState.Open, period.Generation + 1, now, period.Breaks, null),
            _ => Break(period, period.Breaks + 1, settings, now),
        };
        return Replace(period, next, out transition);
    }

    /// <summary>Breaks before this one that still count: an endpoint that stayed closed for a window, and for as long as its last break, has recovered from them.</summary>
    private int Relapses(Period period, CircuitBreakerSettings settings, long now)
    {
        var spell = Math.Max(settings.Window.TotalSeconds, LongestBreakSeconds(settings, period.Breaks));
        return _clock.SecondsBetween(period.Began, now) >= spell ? 0 : period.Breaks;
    }

    private Period Break(Period period, int breaks, CircuitBreakerSettings settings, long now)
    {
        // Linkerd adds U[0, 0.5) of the break, so that clients do not probe in step; here the break still never exceeds its maximum, nor falls short of what was asked for.
        var longest = LongestBreakSeconds(settings, breaks);
        var shortest = Math.Max(longest / 1.5, settings.BreakDuration.TotalSeconds);
        var seconds = shortest + ((longest - shortest) * _random.NextDouble());
        return new Period(BreakerState.Open, period.Generation + 1, _clock.After(now, TimeSpan.FromSeconds(seconds)), breaks, null);
    }

    private static double LongestBreakSeconds(CircuitBreakerSettings settings, int breaks) =>
        Math.Min(settings.MaxBreakDuration.TotalSeconds, 1.5 * settings.BreakDuration.TotalSeconds * Math.Pow(2, breaks - 1));

    private static bool IsTooManyInARow(CircuitBreakerSettings settings, int failures) =>
        settings.ConsecutiveFailures > 0 && failures >= settings.ConsecutiveFailures;

    private static bool IsTooHighARatio(CircuitBreakerSettings settings, SlidingWindow window, long now) =>
        settings.FailureRatio > 0
        && window.Count(now) is var (total, failures)
        && total >= settings.MinimumThroughput
        && failures >= settings.FailureRatio * total;

    private bool Replace(Period seen, Period next, out BreakerTransition transition)
    {
        var replaced = ReferenceEquals(Interlocked.CompareExchange(ref _period, next, seen), seen);
        transition = replaced ? new(seen.State, next.State) : default;
        return replaced;
    }

    /// <summary>Its counters are its own, so that a thread which was overtaken by two changes of state counts into a period that is over.</summary>
    private sealed class Period(BreakerState state, int generation, long retryAt, int breaks, SlidingWindow? window)
    {
        public readonly BreakerState State = state;
        public readonly int Generation = generation;
        public readonly long RetryAt = retryAt;

        /// <summary>Breaks in a row, this one included.</summary>
        public readonly int Breaks = breaks;

        /// <summary>Present while closed.</summary>
        public volatile SlidingWindow? Window = window;

        public int FailuresInARow;

        public long Began { get; init; }
    }
}
