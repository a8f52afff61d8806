namespace MeshLib.Testing.Simulation;

/// <summary>A timer of <see cref="VirtualTime"/>. A change leaves the old entry in the queue, which finds itself outdated when its time comes.</summary>
internal sealed class VirtualTimer(VirtualTime time, TimerCallback callback, object? state) : ITimer
{
    private TimeSpan _period = Timeout.InfiniteTimeSpan;
    private int _changes;
    private bool _disposed;

    public bool Change(TimeSpan dueTime, TimeSpan period)
    {
        if (_disposed)
        {
            return false;
        }

        _changes++;
        _period = period;
        if (dueTime != Timeout.InfiniteTimeSpan)
        {
            time.Schedule(VirtualTime.Later(time.Now, dueTime), new Due(this, _changes));
        }

        return true;
    }

    public void Dispose() => _disposed = true;

    public ValueTask DisposeAsync()
    {
        Dispose();
        return ValueTask.CompletedTask;
    }

    private void Fire(Due due, int change)
    {
        if (_disposed || change != _changes)
        {
            return;
        }

        if (_period > TimeSpan.Zero)
        {
            time.Schedule(VirtualTime.Later(time.Now, _period), due);
        }

        callback(state);
    }

    private sealed class Due(VirtualTimer timer, int change) : VirtualEvent
    {
        public override void Happen() => timer.Fire(this, change);
    }
}
