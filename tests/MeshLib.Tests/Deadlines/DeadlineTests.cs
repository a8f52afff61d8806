using CsCheck;
using Microsoft.Extensions.Time.Testing;

namespace MeshLib.Tests.Deadlines;

public class DeadlineTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void Begin_WhenNothingIsAmbient_SetsTheDeadlineUntilDisposed()
    {
        using (Deadline.Begin(TimeSpan.FromSeconds(2), _time))
        {
            _time.Advance(TimeSpan.FromSeconds(1.5));
            Assert.Equal(TimeSpan.FromSeconds(0.5), Deadline.Current!.Remaining);
            Assert.False(Deadline.Current.IsExpired);
        }

        Assert.Null(Deadline.Current);
    }

    [Theory]
    [InlineData(1, 5, 1)]
    [InlineData(5, 1, 1)]
    [InlineData(3, 3, 3)]
    public void Begin_WhenADeadlineIsAmbient_KeepsTheEarlier(int outer, int inner, int expected)
    {
        using var first = Deadline.Begin(TimeSpan.FromSeconds(outer), _time);
        using (Deadline.Begin(TimeSpan.FromSeconds(inner), _time))
        {
            Assert.Equal(TimeSpan.FromSeconds(expected), Deadline.Current!.Remaining);
        }

        Assert.Equal(TimeSpan.FromSeconds(outer), Deadline.Current!.Remaining);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-5)]
    public void Begin_WhenTheTimeIsZeroOrLess_IsAnExpiredDeadlineAndNotTheAbsenceOfOne(int seconds)
    {
        using var scope = Deadline.Begin(TimeSpan.FromSeconds(seconds), _time);

        Assert.True(Deadline.Current!.IsExpired);
        Assert.Equal(TimeSpan.Zero, Deadline.Current.Remaining);
    }

    [Fact]
    public void Begin_WhenInfinite_AddsNoLimit()
    {
        using (Deadline.Begin(Timeout.InfiniteTimeSpan))
        {
            Assert.Null(Deadline.Current);
            using (Deadline.Begin(TimeSpan.FromSeconds(1), _time))
            using (Deadline.Begin(Timeout.InfiniteTimeSpan))
            {
                Assert.Equal(TimeSpan.FromSeconds(1), Deadline.Current!.Remaining);
            }
        }

        Assert.Null(Deadline.Current);
    }

    [Fact]
    public void Begin_WhenTheTimeIsBeyondTheClock_Saturates()
    {
        using var scope = Deadline.Begin(TimeSpan.MaxValue);

        Assert.False(Deadline.Current!.IsExpired);
        Assert.Equal(TimeSpan.MaxValue, Deadline.Current.Remaining);
    }

    [Fact]
    public void Remaining_WhenTheDeadlineHasLongPassed_IsZero()
    {
        using var scope = Deadline.Begin(TimeSpan.FromSeconds(1), _time);
        _time.Advance(TimeSpan.FromHours(1));

        Assert.Equal(TimeSpan.Zero, Deadline.Current!.Remaining);
        Assert.True(Deadline.Current.IsExpired);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(-1)]
    public void Deadline_WhenTheWallClockJumps_DoesNotMove(int hours)
    {
        var time = new SteppingTimeProvider();
        using var scope = Deadline.Begin(TimeSpan.FromSeconds(10), time);
        time.StepWallClock(TimeSpan.FromHours(hours));
        time.Pass(TimeSpan.FromSeconds(4));

        Assert.Equal(TimeSpan.FromSeconds(6), Deadline.Current!.Remaining);
    }

    [Fact]
    public void Suppress_TakesTheDeadlineAwayUntilDisposed()
    {
        using var outer = Deadline.Begin(TimeSpan.FromSeconds(1), _time);
        using (Deadline.Suppress())
        {
            Assert.Null(Deadline.Current);
            using (Deadline.Begin(TimeSpan.FromSeconds(9), _time))
            {
                Assert.Equal(TimeSpan.FromSeconds(9), Deadline.Current!.Remaining);
            }
        }

        Assert.Equal(TimeSpan.FromSeconds(1), Deadline.Current!.Remaining);
    }

    [Fact]
    public void Dispose_WhenCalledAgainLater_DoesNotUndoWhatBeganSince()
    {
        var first = Deadline.Begin(TimeSpan.FromSeconds(1), _time);
        first.Dispose();
        using var second = Deadline.Begin(TimeSpan.FromSeconds(2), _time);
        first.Dispose();

        Assert.Equal(TimeSpan.FromSeconds(2), Deadline.Current!.Remaining);
    }

    [Fact]
    public async Task Deadline_WhenBegunInACallee_DoesNotLeakToItsCaller()
    {
        async Task Callee()
        {
            Deadline.Begin(TimeSpan.FromSeconds(1), _time);
            await Task.Yield();
            Assert.NotNull(Deadline.Current);
        }

        await Callee();

        Assert.Null(Deadline.Current);
    }

    [Fact]
    public void Earliest_WhenTheClocksDiffer_ComparesTheTimeLeft()
    {
        var slow = Deadline.After(TimeSpan.FromSeconds(5), new MonotonicClock(new SteppingTimeProvider()));
        var soon = Deadline.After(TimeSpan.FromSeconds(1), new MonotonicClock(_time));

        Assert.Same(soon, slow.Earliest(soon));
        Assert.Same(soon, soon.Earliest(slow));
        Assert.Same(soon, soon.Earliest(null));
    }

    [Fact]
    public void TimestampOn_WhenTheClockIsAnother_CarriesTheTimeLeft()
    {
        var clock = new MonotonicClock(_time);
        var other = new MonotonicClock(new SteppingTimeProvider());
        var deadline = Deadline.After(TimeSpan.FromSeconds(3), clock);

        Assert.Equal(deadline.Timestamp, deadline.TimestampOn(clock));
        Assert.Equal(TimeSpan.FromSeconds(3), other.Between(other.Now(), deadline.TimestampOn(other)));
    }

    [Fact]
    public void Earliest_OnAnySequence_NeverExtends() =>
        Gen.Long[-1, TimeSpan.TicksPerDay].Array[1, 20].Sample(spans =>
        {
            var clock = new MonotonicClock(_time);
            var combined = Deadline.After(TimeSpan.FromTicks(spans[0]), clock);
            foreach (var span in spans)
            {
                var next = combined.Earliest(Deadline.After(TimeSpan.FromTicks(span), clock));
                Assert.True(next.Timestamp <= combined.Timestamp);
                combined = next;
            }

            // The clock's conversion may drop a tick.
            Assert.InRange(combined.Remaining.Ticks, Math.Max(0, spans.Min() - 1), Math.Max(0, spans.Min()));
        });
}
