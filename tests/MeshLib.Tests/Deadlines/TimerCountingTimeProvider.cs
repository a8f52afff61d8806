namespace MeshLib.Tests.Deadlines;

/// <summary>Counts the timers of <paramref name="time"/> and tells whether one is set.</summary>
internal sealed class TimerCountingTimeProvider(TimeProvider time) : TimeProvider
{
    public int Created { get; private set; }

    public int Alive { get; private set; }

    public bool IsRunning { get; private set; }

    public override long TimestampFrequency => time.TimestampFrequency;

    public override long GetTimestamp() => time.GetTimestamp();

    public override DateTimeOffset GetUtcNow() => time.GetUtcNow();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        Created++;
        Alive++;
        IsRunning = dueTime != Timeout.InfiniteTimeSpan;
        TimerCallback observed = s =>
        {
            IsRunning = false;
            callback(s);
        };
        return new CountedTimer(this, time.CreateTimer(observed, state, dueTime, period));
    }

    private sealed class CountedTimer(TimerCountingTimeProvider owner, ITimer timer) : ITimer
    {
        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            owner.IsRunning = dueTime != Timeout.InfiniteTimeSpan;
            return timer.Change(dueTime, period);
        }

        public void Dispose()
        {
            owner.Alive--;
            timer.Dispose();
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
