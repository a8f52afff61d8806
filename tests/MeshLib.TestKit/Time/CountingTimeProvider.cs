namespace MeshLib.TestKit;

/// <summary>Counts the timers that live on a clock: what a host leaves behind when it is gone.</summary>
public sealed class CountingTimeProvider(TimeProvider inner) : TimeProvider
{
    private int _created;
    private int _disposed;

    /// <summary>Timers created and not disposed.</summary>
    public int LiveTimers => Volatile.Read(ref _created) - Volatile.Read(ref _disposed);

    /// <summary>Timers created so far.</summary>
    public int CreatedTimers => Volatile.Read(ref _created);

    /// <inheritdoc/>
    public override TimeZoneInfo LocalTimeZone => inner.LocalTimeZone;

    /// <inheritdoc/>
    public override long TimestampFrequency => inner.TimestampFrequency;

    /// <inheritdoc/>
    public override long GetTimestamp() => inner.GetTimestamp();

    /// <inheritdoc/>
    public override DateTimeOffset GetUtcNow() => inner.GetUtcNow();

    /// <inheritdoc/>
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        Interlocked.Increment(ref _created);
        return new CountedTimer(this, inner.CreateTimer(callback, state, dueTime, period));
    }

    private sealed class CountedTimer(CountingTimeProvider clock, ITimer timer) : ITimer
    {
        private int _gone;

        public bool Change(TimeSpan dueTime, TimeSpan period) => timer.Change(dueTime, period);

        public void Dispose()
        {
            Note();
            timer.Dispose();
        }

        public ValueTask DisposeAsync()
        {
            Note();
            return timer.DisposeAsync();
        }

        private void Note()
        {
            if (Interlocked.Exchange(ref _gone, 1) == 0)
            {
                Interlocked.Increment(ref clock._disposed);
            }
        }
    }
}
