namespace MeshLib.Tests.Deadlines;

/// <summary>A clock of odd frequency whose wall time and monotonic time move apart.</summary>
internal sealed class SteppingTimeProvider : TimeProvider
{
    private DateTimeOffset _wall = DateTimeOffset.UnixEpoch;
    private long _timestamp = 12_345;

    public override long TimestampFrequency => 3_000_000;

    public override DateTimeOffset GetUtcNow() => _wall;

    public override long GetTimestamp() => _timestamp;

    public void StepWallClock(TimeSpan by) => _wall += by;

    public void Pass(TimeSpan span)
    {
        _wall += span;
        _timestamp += (long)(span.TotalSeconds * TimestampFrequency);
    }
}
