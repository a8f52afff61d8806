namespace MeshLib;

/// <summary>The credits that requests earn and that lapse after a window, by tenths of it. Used oldest first; see <see cref="RetryBudget"/>.</summary>
internal sealed class RequestCredits
{
    private const int Slices = 10;

    /// <summary>What had been earned when each slice of time began, by slice number modulo <see cref="Slices"/>.</summary>
    private readonly long[] _earnedBefore = new long[Slices];
    private readonly double _slicesPerTick;
    private long _earned;
    private long _gone;
    private long _lapsed;
    private long _slice;
    private int _turning;

    public RequestCredits(TimeSpan window, MonotonicClock clock)
    {
        _slicesPerTick = Slices / (window.TotalSeconds * clock.TimeProvider.TimestampFrequency);
        _slice = Slice(clock.Now());
    }

    public void Add(long units, long now)
    {
        Turn(now);
        Interlocked.Add(ref _earned, units);
    }

    public bool TryTake(long now)
    {
        Turn(now);
        return RetryBudget.TryTake(ref _gone, Volatile.Read(ref _earned), Volatile.Read(ref _lapsed));
    }

    public long WholeTokens(long now)
    {
        Turn(now);
        var gone = Math.Max(Volatile.Read(ref _gone), Volatile.Read(ref _lapsed));
        return Math.Max(Volatile.Read(ref _earned) - gone, 0) / RetryBudget.Token;
    }

    /// <summary>
    /// Begins the slices that have begun since the last call, and lets lapse what was earned ten slices ago and before. One thread does it; others meanwhile go on with
    /// the old slice, which makes a credit live for a moment longer and never makes one.
    /// </summary>
    private void Turn(long now)
    {
        var slice = Slice(now);
        if (slice <= Volatile.Read(ref _slice) || Interlocked.CompareExchange(ref _turning, 1, 0) != 0)
        {
            return;
        }

        // Again, now that nobody else turns: another thread may have turned further since the test above.
        if (slice > _slice)
        {
            var earned = Volatile.Read(ref _earned);
            for (var begun = Math.Max(_slice + 1, slice - Slices + 1); begun <= slice; begun++)
            {
                _earnedBefore[begun % Slices] = earned;
            }

            // The oldest beginning on record is nine slices before this one's, so nothing that stays is older than a window.
            Volatile.Write(ref _lapsed, _earnedBefore[(slice + 1) % Slices]);
            Volatile.Write(ref _slice, slice);
        }

        Volatile.Write(ref _turning, 0);
    }

    private long Slice(long now) => (long)(now * _slicesPerTick);
}
