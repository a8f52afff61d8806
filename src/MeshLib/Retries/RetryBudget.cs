namespace MeshLib;

/// <summary>
/// How many extra attempts a service may be sent: a share of the requests of the last window, plus a trickle, plus a burst to start with. Everything that sends
/// extra attempts shares it. Over any time: withdrawals ≤ ratio × requests + floor × time + burst. Safe on any thread, lock-free, never negative.
/// <para>
/// After Finagle's RetryBudget, with one difference: a balance here is two numbers that only grow, what has been earned and what is gone (spent, or lapsed).
/// The oldest credit is spent first, so lapsing and spending both move the same mark, and a withdrawal is one compare-exchange that cannot overdraw.
/// </para>
/// </summary>
internal sealed class RetryBudget
{
    private readonly MonotonicClock _clock;
    private Terms _terms;
    private long _floorGone;
    private volatile bool _refusing;

    public RetryBudget(RetryBudgetSettings settings, MonotonicClock clock)
    {
        _clock = clock;
        _terms = new Terms(settings, new RequestCredits(settings.Window, clock), FloorEarned: Units(settings.Burst), Since: clock.Now());
    }

    /// <summary>How many extra attempts could be made now: whole ones from requests, and whole ones from the floor. A withdrawal succeeds exactly while it is 1 or more.</summary>
    public double Balance
    {
        get
        {
            var now = _clock.Now();
            var terms = Volatile.Read(ref _terms);
            var earned = FloorEarned(terms, now);
            var floor = earned - Math.Max(Volatile.Read(ref _floorGone), earned - FloorCapacity(terms.Settings));
            return terms.Credits.WholeTokens(now) + (Math.Max(floor, 0) / Token);
        }
    }

    /// <summary>What one extra attempt costs: a million units, so that any ratio down to 0.0001 is exact (Tower's integer costs turn 0.3 into 33 %).</summary>
    internal const long Token = 1_000_000;

    /// <summary>Earns the credit of one request; its retries and hedges earn nothing.</summary>
    public void Deposit() => Deposit(_clock.Now());

    /// <inheritdoc cref="Deposit()"/>
    /// <param name="now">The current timestamp, for a caller who has just read the clock: reading it costs more than the deposit.</param>
    public void Deposit(long now)
    {
        var terms = Volatile.Read(ref _terms);
        terms.Credits.Add(terms.UnitsPerRequest, now);
    }

    /// <summary>Takes one extra attempt out of the budget, if it is there: first from requests, whose credits lapse, then from the floor.</summary>
    public bool TryWithdraw()
    {
        var now = _clock.Now();
        var terms = Volatile.Read(ref _terms);
        if (terms.Credits.TryTake(now))
        {
            return true;
        }

        var earned = FloorEarned(terms, now);
        var taken = TryTake(ref _floorGone, earned, earned - FloorCapacity(terms.Settings));
        if (!taken)
        {
            _refusing = true;
        }

        return taken;
    }

    /// <summary>Gives back what was withdrawn for an extra attempt that was not sent. It counts as earned now, by a request.</summary>
    public void Refund() => Volatile.Read(ref _terms).Credits.Add(Token, _clock.Now());

    /// <summary>Whether the latest withdrawal was refused and the next one would be too; a mere field is read while withdrawals succeed.</summary>
    public bool IsSpent
    {
        get
        {
            if (!_refusing || Balance < 1)
            {
                return _refusing;
            }

            _refusing = false;
            return false;
        }
    }

    /// <summary>Puts other settings in force from now on. Earned credits stay; only a new window's length lets those of requests lapse. A new burst is a new limit, not a gift.</summary>
    public void Apply(RetryBudgetSettings settings)
    {
        var now = _clock.Now();
        while (true)
        {
            var seen = Volatile.Read(ref _terms);
            var credits = seen.Settings.Window == settings.Window ? seen.Credits : new RequestCredits(settings.Window, _clock);
            if (Interlocked.CompareExchange(ref _terms, new Terms(settings, credits, FloorEarned(seen, now), now), seen) == seen)
            {
                return;
            }
        }
    }

    /// <summary>Moves <paramref name="gone"/> past what has lapsed and by one token further, unless that would pass what has been earned.</summary>
    internal static bool TryTake(ref long gone, long earned, long lapsed)
    {
        while (true)
        {
            var seen = Volatile.Read(ref gone);
            var from = Math.Max(seen, lapsed);
            if (earned - from < Token)
            {
                return false;
            }

            if (Interlocked.CompareExchange(ref gone, from + Token, seen) == seen)
            {
                return true;
            }
        }
    }

    private long FloorEarned(Terms terms, long now) =>
        terms.FloorEarned + (long)(Math.Max(_clock.SecondsBetween(terms.Since, now), 0) * terms.Settings.MinPerSecond * Token);

    /// <summary>The floor saves up to the burst, or a window's worth, and always at least one attempt.</summary>
    private static long FloorCapacity(RetryBudgetSettings settings) =>
        Math.Max(Math.Max(Units(settings.Burst), Units(settings.MinPerSecond * settings.Window.TotalSeconds)), Token);

    private static long Units(double attempts) => (long)Math.Round(attempts * Token);

    private sealed record Terms(RetryBudgetSettings Settings, RequestCredits Credits, long FloorEarned, long Since)
    {
        public readonly long UnitsPerRequest = Units(Settings.Ratio);
    }
}
