namespace MeshLib;

/// <summary>
/// Monotonic time for everything that measures a duration: timestamps of one <see cref="TimeProvider"/>, whatever its frequency.
/// The wall clock is never asked, so a clock step moves nothing.
/// </summary>
internal sealed class MonotonicClock(TimeProvider time)
{
    private readonly double _ticksPerSecond = time.TimestampFrequency;

    public TimeProvider TimeProvider => time;

    public long Now() => time.GetTimestamp();

    /// <summary>The timestamp <paramref name="span"/> after <paramref name="from"/>; saturates instead of overflowing.</summary>
    public long After(long from, TimeSpan span)
    {
        var ticks = span.TotalSeconds * _ticksPerSecond;
        return ticks >= long.MaxValue - from ? long.MaxValue : from + (long)ticks;
    }

    /// <summary>The span from one timestamp to another; negative when <paramref name="to"/> is earlier.</summary>
    public TimeSpan Between(long from, long to) => to == long.MaxValue ? TimeSpan.MaxValue : time.GetElapsedTime(from, to);

    public double SecondsBetween(long from, long to) => (to - from) / _ticksPerSecond;
}
