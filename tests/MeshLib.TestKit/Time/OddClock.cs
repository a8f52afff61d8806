using Microsoft.Extensions.Time.Testing;

namespace MeshLib.TestKit;

/// <summary>
/// A fake clock whose timestamps count seven times per tick. Code that takes a timestamp difference for ticks, or for nanoseconds, is right by
/// accident on the ordinary fake clock and wrong by a factor of seven here.
/// </summary>
public class OddClock : FakeTimeProvider
{
    private const long TimestampsPerTick = 7;

    /// <summary>Starts where <see cref="FakeTimeProvider"/> starts.</summary>
    public OddClock()
    {
    }

    /// <summary>Starts at <paramref name="startDateTime"/>.</summary>
    public OddClock(DateTimeOffset startDateTime)
        : base(startDateTime)
    {
    }

    /// <inheritdoc/>
    public override long TimestampFrequency => TimeSpan.TicksPerSecond * TimestampsPerTick;

    /// <inheritdoc/>
    public override long GetTimestamp() => base.GetTimestamp() * TimestampsPerTick;
}
