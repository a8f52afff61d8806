namespace MeshLib;

/// <summary>
/// The moment by which the work under way must be done: a monotonic instant in the process, a remaining duration on the wire.
/// Combining two deadlines takes the earlier, so a deadline only ever shortens; a step of the wall clock does not move it.
/// </summary>
/// <remarks>
/// <c>UseMesh()</c> makes the deadline of an inbound request ambient, and every mesh call made while serving that request inherits it. Work that outlives
/// the request (fire and forget), or whose result others will use too (filling a shared cache), must not be cut off by one caller's haste:
/// run it under <see cref="Suppress"/>.
/// </remarks>
public sealed class Deadline
{
    private static readonly AsyncLocal<Deadline?> Ambient = new();
    private static readonly MonotonicClock SystemClock = new(TimeProvider.System);

    private readonly MonotonicClock _clock;

    internal Deadline(MonotonicClock clock, long timestamp)
    {
        _clock = clock;
        Timestamp = timestamp;
    }

    /// <summary>The deadline of the work under way, or <see langword="null"/> when it has none. Flows with the execution context.</summary>
    public static Deadline? Current => Ambient.Value;

    /// <summary>The time left; <see cref="TimeSpan.Zero"/> once the deadline has passed, never negative.</summary>
    public TimeSpan Remaining
    {
        get
        {
            var left = _clock.Between(_clock.Now(), Timestamp);
            return left > TimeSpan.Zero ? left : TimeSpan.Zero;
        }
    }

    /// <summary>Whether the deadline has passed.</summary>
    public bool IsExpired => _clock.Now() >= Timestamp;

    internal long Timestamp { get; }

    internal TimeProvider TimeProvider => _clock.TimeProvider;

    /// <summary>
    /// Makes a deadline <paramref name="timeout"/> from now ambient until the scope is disposed. An ambient deadline that is earlier stays in force.
    /// </summary>
    /// <param name="timeout">
    /// The time allowed. Zero or less is a deadline that has passed, not the absence of one. <see cref="Timeout.InfiniteTimeSpan"/> adds no limit.
    /// </param>
    public static DeadlineScope Begin(TimeSpan timeout) => Begin(timeout, SystemClock);

    /// <summary>As <see cref="Begin(TimeSpan)"/>, on the clock of <paramref name="timeProvider"/>.</summary>
    /// <param name="timeout">As in <see cref="Begin(TimeSpan)"/>.</param>
    /// <param name="timeProvider">The clock that the deadline is measured on.</param>
    /// <exception cref="ArgumentNullException"><paramref name="timeProvider"/> is <see langword="null"/>.</exception>
    public static DeadlineScope Begin(TimeSpan timeout, TimeProvider timeProvider)
    {
        ArgumentNullException.ThrowIfNull(timeProvider);
        return Begin(timeout, ReferenceEquals(timeProvider, TimeProvider.System) ? SystemClock : new MonotonicClock(timeProvider));
    }

    /// <summary>
    /// Takes the ambient deadline away until the scope is disposed. For work that outlives the request it was started by, and for work whose
    /// result others will use too, such as filling a shared cache.
    /// </summary>
    public static DeadlineScope Suppress() => DeadlineScope.Enter(null);

    /// <summary>The earlier of this deadline and <paramref name="other"/>.</summary>
    /// <param name="other">Another deadline, or <see langword="null"/> for none.</param>
    public Deadline Earliest(Deadline? other)
    {
        if (other is null || ReferenceEquals(this, other))
        {
            return this;
        }

        // Timestamps of different clocks do not compare; the time left does.
        var otherIsEarlier = ReferenceEquals(TimeProvider, other.TimeProvider)
            ? other.Timestamp < Timestamp
            : other.Remaining < Remaining;
        return otherIsEarlier ? other : this;
    }

    /// <summary>The time left, for logs and debuggers.</summary>
    public override string ToString() => Timestamp == long.MaxValue ? "no limit" : $"{Remaining.TotalMilliseconds:0} ms left";

    /// <summary>The deadline <paramref name="timeout"/> from now; one that has passed when <paramref name="timeout"/> is zero or less.</summary>
    internal static Deadline After(TimeSpan timeout, MonotonicClock clock)
    {
        var now = clock.Now();
        return new Deadline(clock, timeout > TimeSpan.Zero ? clock.After(now, timeout) : now);
    }

    /// <summary>Makes <paramref name="deadline"/>, or the ambient one if that is earlier, ambient until the scope is disposed.</summary>
    internal static DeadlineScope Begin(Deadline deadline) => DeadlineScope.Enter(deadline.Earliest(Current));

    /// <summary>This deadline as a timestamp of <paramref name="clock"/>, whatever clock it was made on.</summary>
    internal long TimestampOn(MonotonicClock clock) =>
        ReferenceEquals(TimeProvider, clock.TimeProvider) ? Timestamp : clock.After(clock.Now(), Remaining);

    internal static void SetCurrent(Deadline? deadline) => Ambient.Value = deadline;

    private static DeadlineScope Begin(TimeSpan timeout, MonotonicClock clock) =>
        timeout == Timeout.InfiniteTimeSpan ? DeadlineScope.Enter(Current) : Begin(After(timeout, clock));
}
