namespace MeshLib.Testing.Simulation;

/// <summary>A timer of <see cref="VirtualTime"/>. A change leaves the old entry in the queue, which finds itself outdated when its time comes.</summary>
internal sealed class VirtualTimer(VirtualTime time, TimerCallback callback, object? state) : ITimer
{
    private TimeSpan _period = Timeout.InfiniteTimeSpan;
    private int _changes;

    public bool Change(TimeSpan dueTime, TimeSpan period)
    {
        _changes++;
        _period = period;
        if (dueTime != Timeout.InfiniteTimeSpan)
        {
            time.Schedule(time.Now + dueTime.Ticks, new Due(this, _changes));
        }

        return true;
    }

    public void Dispose() => _changes++;

    public ValueTask DisposeAsync()
    {
        Dispose();
        return ValueTask.CompletedTask;
    }

    private void Fire(Due due, int change)
    {
        if (change != _changes)
        {
            return;
        }

        if (_period > TimeSpan.Zero)
        {
            time.Schedule(time.Now + _period.Ticks, due);
        }

        callback(state);
    }

    private sealed class Due(VirtualTimer timer, int change) : VirtualEvent
    {
        public override void Happen() => timer.Fire(this, change);
    }
}
