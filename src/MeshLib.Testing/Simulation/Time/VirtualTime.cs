namespace MeshLib.Testing.Simulation;

/// <summary>
/// Time that passes only when it is told to: a queue of timers and events, each run at exactly its due time, in order of due time and then of arrival, on the thread that moves time on.
/// What runs therefore runs the same way each time. Not thread-safe: one thread owns it, and another one that touches it gets an exception rather than an irreproducible run.
/// </summary>
/// <remarks>Waits on this provider (<c>Task.Delay(delay, time)</c>, a <see cref="CancellationTokenSource"/> with a delay) go on inside of <see cref="AdvanceTo(TimeSpan)"/>.</remarks>
internal sealed class VirtualTime : TimeProvider
{
    // Nobody should mistake the first instant for "never".
    private const long Origin = TimeSpan.TicksPerHour;
    private static readonly DateTimeOffset Start = new(2000, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly PriorityQueue<VirtualEvent, DueTime> _queue = new();
    private readonly int _owner = Environment.CurrentManagedThreadId;
    private long _now = Origin;
    private long _arrivals;

    /// <summary>Creates a clock that stands at zero.</summary>
    public VirtualTime() => Background = new VirtualTaskScheduler(this);

    /// <summary>The time that has passed since the beginning.</summary>
    public TimeSpan Elapsed => new(_now - Origin);

    /// <inheritdoc/>
    /// <value>Ticks of 100 ns, as in <see cref="TimeSpan"/>.</value>
    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <summary>Starts tasks behind whatever is due at this instant.</summary>
    internal TaskScheduler Background { get; }

    internal long Now => _now;

    /// <inheritdoc/>
    public override long GetTimestamp() => _now;

    /// <inheritdoc/>
    public override DateTimeOffset GetUtcNow() => Start + Elapsed;

    /// <inheritdoc/>
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        ArgumentNullException.ThrowIfNull(callback);
        var timer = new VirtualTimer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>Runs <paramref name="action"/> when <paramref name="delay"/> has passed; behind everything due at the same instant.</summary>
    /// <param name="delay">Zero or more.</param>
    /// <param name="action">What to run. What it throws comes out of <see cref="AdvanceTo(TimeSpan)"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="delay"/> is negative.</exception>
    public void Schedule(TimeSpan delay, Action action)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(delay, TimeSpan.Zero);
        ArgumentNullException.ThrowIfNull(action);
        Schedule(Later(_now, delay), new VirtualAction(action));
    }

    /// <summary>Moves time on, running everything that comes due on the way.</summary>
    /// <param name="elapsed">Where to stop, as <see cref="Elapsed"/> counts; at an earlier instant than now nothing but what is due already runs. What happens on the way may move it further.</param>
    public void AdvanceTo(TimeSpan elapsed) => AdvanceTo(TimestampOf(elapsed));

    internal void AdvanceTo(long target)
    {
        AssertOwned();
        target = Math.Max(target, _now);
        while (_queue.TryPeek(out _, out var due) && due.At <= target)
        {
            var happening = _queue.Dequeue();
            _now = Math.Max(_now, due.At);
            happening.Happen();
        }

        _now = Math.Max(_now, target);
    }

    internal void Schedule(long at, VirtualEvent happening)
    {
        AssertOwned();
        _queue.Enqueue(happening, new DueTime(at, _arrivals++));
    }

    internal static long TimestampOf(TimeSpan elapsed) => Later(Origin, elapsed);

    /// <summary>The timestamp <paramref name="delay"/>, which is not negative, after another one; <see cref="long.MaxValue"/>, which is never, when it is beyond all timestamps.</summary>
    internal static long Later(long timestamp, TimeSpan delay) => delay.Ticks > long.MaxValue - timestamp ? long.MaxValue : timestamp + delay.Ticks;

    private void AssertOwned()
    {
        if (Environment.CurrentManagedThreadId != _owner)
        {
            throw new InvalidOperationException("Virtual time belongs to the thread that made it; something has gone on elsewhere, so the run could not be repeated.");
        }
    }

    private readonly record struct DueTime(long At, long Arrival) : IComparable<DueTime>
    {
        public int CompareTo(DueTime other) => At != other.At ? (At < other.At ? -1 : 1) : Arrival.CompareTo(other.Arrival);
    }

    private sealed class VirtualAction(Action action) : VirtualEvent
    {
        public override void Happen() => action();
    }
}
