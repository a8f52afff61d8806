using MeshLib.TestKit;
using Microsoft.Extensions.Time.Testing;

namespace MeshLib.Tests.Deadlines;

public sealed class DeadlineSweepTests : IDisposable
{
    private static readonly TimeSpan HangLimit = TimeSpan.FromSeconds(60);

    private readonly FakeTimeProvider _time = new();
    private readonly MonotonicClock _clock;
    private readonly List<Exception> _faults = [];
    private readonly DeadlineSweep _sweep;

    public DeadlineSweepTests()
    {
        _clock = new MonotonicClock(_time);
        _sweep = new DeadlineSweep(_clock, _faults.Add);
    }

    public void Dispose() => _sweep.Dispose();

    [Theory]
    [InlineData(1)]
    [InlineData(500)]
    [InlineData(3_000)]
    [InlineData(3_600_000)]
    public void Entry_WhenItsTimeHasCome_FiresOnceAndNotBefore(int milliseconds)
    {
        var entry = Arm(milliseconds);

        _time.Advance(TimeSpan.FromMilliseconds(milliseconds - 1));
        Assert.Equal(0, entry.Fired);
        _time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal(1, entry.Fired);
        _time.Advance(TimeSpan.FromHours(1));
        Assert.Equal(1, entry.Fired);
    }

    [Fact]
    public async Task Cancel_WaitsForNoCallbackAndReportsWhatOneThrows()
    {
        using var blocked = new ManualResetEventSlim();
        using var source = new CancellationTokenSource();
        var fault = new InvalidOperationException("Foreign.");
        source.Token.Register(() =>
        {
            blocked.Wait(HangLimit);
            throw fault;
        });

        _sweep.Cancel(source);

        Assert.True(source.IsCancellationRequested);
        Assert.Empty(_faults);
        blocked.Set();
        await Eventually.BecomesTrueAsync(() => _faults.Count == 1);
        Assert.Same(fault, Assert.IsType<AggregateException>(_faults[0]).InnerException);
    }

    [Fact]
    public void Entry_WhenAddedEarlierThanTheRest_FiresFirst()
    {
        var late = Arm(800);
        var soon = Arm(50);

        _time.Advance(TimeSpan.FromMilliseconds(50));
        Assert.Equal((1, 0), (soon.Fired, late.Fired));
        _time.Advance(TimeSpan.FromMilliseconds(750));
        Assert.Equal(1, late.Fired);
    }

    [Fact]
    public void Entry_WhenDueAlready_FiresWithoutWaitingForOthers()
    {
        _time.Advance(TimeSpan.FromSeconds(5));
        var entry = new CountingEntry();
        _sweep.Add(entry, _clock.Now() - 1);

        _time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal(1, entry.Fired);
    }

    [Fact]
    public void Remove_WhenArmed_KeepsTheEntryFromFiringAndAllowsItsReuse()
    {
        var entry = Arm(100);
        for (var round = 0; round < 5; round++)
        {
            Assert.True(_sweep.Remove(entry));
            Assert.False(_sweep.Remove(entry));
            _time.Advance(TimeSpan.FromMilliseconds(round * 700));
            Assert.Equal(0, entry.Fired);
            _sweep.Add(entry, _clock.After(_clock.Now(), TimeSpan.FromMilliseconds(100)));
        }

        _time.Advance(TimeSpan.FromMilliseconds(100));
        Assert.Equal(1, entry.Fired);
    }

    [Fact]
    public void Remove_WhenFired_IsRefused()
    {
        var entry = Arm(10);
        _time.Advance(TimeSpan.FromMilliseconds(10));

        Assert.False(_sweep.Remove(entry));
        Assert.False(_sweep.Rearm(entry, long.MaxValue));
        Assert.Throws<InvalidOperationException>(() => _sweep.Add(entry, 1));
    }

    [Fact]
    public void Remove_WhenCalledWhileFiring_IsRefused()
    {
        var entry = new CountingEntry();
        bool? removed = null;
        entry.Then = () => removed = _sweep.Remove(entry);
        _sweep.Add(entry, _clock.After(_clock.Now(), TimeSpan.FromMilliseconds(10)));
        _time.Advance(TimeSpan.FromMilliseconds(10));

        Assert.False(removed);
    }

    [Fact]
    public void Add_WhenArmedAlready_IsRefused()
    {
        var entry = Arm(10);

        Assert.Throws<InvalidOperationException>(() => _sweep.Add(entry, 1));
    }

    [Theory]
    [InlineData(500, 100)]
    [InlineData(100, 500)]
    public void Rearm_MovesTheDueTimeEitherWay(int from, int to)
    {
        var entry = Arm(from);
        Assert.True(_sweep.Rearm(entry, _clock.After(_clock.Now(), TimeSpan.FromMilliseconds(to))));

        _time.Advance(TimeSpan.FromMilliseconds(to - 1));
        Assert.Equal(0, entry.Fired);
        _time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal(1, entry.Fired);
    }

    [Fact]
    public void Rearm_WhenRemoved_IsRefused()
    {
        var entry = Arm(10);
        _sweep.Remove(entry);

        Assert.False(_sweep.Rearm(entry, 1));
    }

    [Fact]
    public void OnDue_WhenItThrows_IsReportedAndOthersStillFire()
    {
        var entries = Enumerable.Range(0, 3).Select(_ => Arm(10)).ToList();
        entries[1].Then = () => throw new InvalidOperationException("broken");
        _time.Advance(TimeSpan.FromMilliseconds(10));

        Assert.All(entries, entry => Assert.Equal(1, entry.Fired));
        Assert.Equal("broken", Assert.Single(_faults).Message);
    }

    [Fact]
    public void OnDue_WhenItAddsAnEntry_ThatOneFiresInItsTime()
    {
        var second = new CountingEntry();
        var first = Arm(10);
        first.Then = () => _sweep.Add(second, _clock.After(_clock.Now(), TimeSpan.FromMilliseconds(10)));

        _time.Advance(TimeSpan.FromMilliseconds(10));
        Assert.Equal(0, second.Fired);
        _time.Advance(TimeSpan.FromMilliseconds(10));
        Assert.Equal(1, second.Fired);
    }

    [Fact]
    public void Entries_WhenMany_FireAtMostFifteenMillisecondsLate()
    {
        var entries = Enumerable.Range(0, 5_000).Select(i => (Entry: Arm(10 + (i % 100)), Due: 10 + (i % 100))).ToList();
        for (var now = 1; now <= 130; now++)
        {
            _time.Advance(TimeSpan.FromMilliseconds(1));
            Assert.All(entries, e =>
            {
                Assert.False(e.Entry.Fired == 1 && now < e.Due, "fired early");
                Assert.False(e.Entry.Fired == 0 && now > e.Due + 15, "fired late");
            });
        }
    }

    [Fact]
    public void Timer_WhenNothingIsArmed_DoesNotRun()
    {
        var time = new TimerCountingTimeProvider(_time);
        using var sweep = new DeadlineSweep(new MonotonicClock(time));
        Assert.False(time.IsRunning);

        var entry = new CountingEntry();
        sweep.Add(entry, _clock.After(_clock.Now(), TimeSpan.FromSeconds(30)));
        Assert.True(time.IsRunning);

        sweep.Remove(entry);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.False(time.IsRunning);
        Assert.Equal(1, time.Created);
    }

    [Fact]
    public void Timer_DoesNotCarryTheCreatorsExecutionContext()
    {
        var flowed = new AsyncLocal<string?> { Value = "creator" };
        using var sweep = new DeadlineSweep(new MonotonicClock(TimeProvider.System));
        using var done = new ManualResetEventSlim();
        string? seen = "nothing";
        var entry = new CountingEntry
        {
            Then = () =>
            {
                seen = flowed.Value;
                done.Set();
            },
        };
        sweep.Add(entry, 1);

        Assert.True(done.Wait(HangLimit, TestContext.Current.CancellationToken));
        Assert.Null(seen);
    }

    [Fact]
    public void Constructor_WhenFlowIsSuppressedAlready_Works()
    {
        using (ExecutionContext.SuppressFlow())
        {
            new DeadlineSweep(_clock).Dispose();
        }
    }

    [Fact]
    public void Dispose_FiresNothingAndStopsTheTimer()
    {
        var time = new TimerCountingTimeProvider(_time);
        var sweep = new DeadlineSweep(new MonotonicClock(time));
        var entry = new CountingEntry();
        sweep.Add(entry, _clock.After(_clock.Now(), TimeSpan.FromMilliseconds(10)));
        sweep.Dispose();
        _time.Advance(TimeSpan.FromSeconds(10));

        Assert.Equal(0, entry.Fired);
        Assert.Equal(0, time.Alive);
        Assert.True(sweep.Remove(entry));
        sweep.Add(new CountingEntry(), 1);
    }

    [Fact]
    public void Add_WhenTheEntryIsReused_AllocatesNothing()
    {
        var entry = Arm(60_000);
        var due = _clock.After(_clock.Now(), TimeSpan.FromMinutes(1));
        _sweep.Remove(entry);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1_000; i++)
        {
            _sweep.Add(entry, due);
            _sweep.Remove(entry);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public void Entries_WhenRemovalRacesFiring_EndInExactlyOneOfThem()
    {
        const int Rounds = 10_000;
        using var sweep = new DeadlineSweep(new MonotonicClock(TimeProvider.System));
        var clock = new MonotonicClock(TimeProvider.System);
        var entries = Enumerable.Range(0, Rounds).Select(_ => new CountingEntry()).ToArray();
        var removed = new bool[Rounds];
        var random = new Random(20260724);
        var delays = Enumerable.Range(0, Rounds).Select(_ => TimeSpan.FromMicroseconds(random.Next(0, 3_000))).ToArray();

        // Each owner removes an entry of its own some way back, at about the time it is due.
        Parallel.For(0, 4, owner =>
        {
            var mine = new Queue<int>();
            for (var i = owner; i < Rounds; i += 4)
            {
                sweep.Add(entries[i], clock.After(clock.Now(), delays[i]));
                mine.Enqueue(i);
                if (mine.Count > 200)
                {
                    var oldest = mine.Dequeue();
                    removed[oldest] = sweep.Remove(entries[oldest]);
                }
            }

            foreach (var i in mine.Where(i => i % 2 == 0))
            {
                removed[i] = sweep.Remove(entries[i]);
            }
        });

        Assert.True(SpinWait.SpinUntil(() => Enumerable.Range(0, Rounds).All(i => removed[i] || entries[i].Fired > 0), HangLimit), "an entry was lost");
        Assert.All(Enumerable.Range(0, Rounds), i => Assert.Equal(removed[i] ? 0 : 1, entries[i].Fired));
    }

    [Fact]
    public void Entries_WhenReusedWhileSweepsRun_NeitherFireEarlyNorGetLost()
    {
        const int Rounds = 10_000;
        var clock = new MonotonicClock(TimeProvider.System);
        using var sweep = new DeadlineSweep(clock);
        var early = 0;
        Parallel.For(0, 4, owner =>
        {
            var random = new Random(owner);
            CountingEntry? entry = null;
            for (var round = 0; round < Rounds; round++)
            {
                entry ??= new CountingEntry();
                var due = clock.After(clock.Now(), TimeSpan.FromMicroseconds(random.Next(0, 2_000)));
                sweep.Add(entry, due);
                if (random.Next(500) == 0)
                {
                    var lost = entry;
                    Assert.True(SpinWait.SpinUntil(() => lost.Fired > 0, HangLimit), "an entry was lost");
                }

                if (sweep.Remove(entry))
                {
                    Assert.Equal(0, entry.Fired);
                    continue;
                }

                var fired = entry;
                Assert.True(SpinWait.SpinUntil(() => fired.Fired == 1, HangLimit));
                if (fired.FiredAt < due)
                {
                    Interlocked.Increment(ref early);
                }

                entry = null;
            }
        });

        Assert.Equal(0, early);
    }

    private CountingEntry Arm(int milliseconds)
    {
        var entry = new CountingEntry();
        _sweep.Add(entry, _clock.After(_clock.Now(), TimeSpan.FromMilliseconds(milliseconds)));
        return entry;
    }

    private sealed class CountingEntry : SweepEntry
    {
        private int _fired;

        public int Fired => Volatile.Read(ref _fired);

        public long FiredAt { get; private set; }

        public Action? Then { get; set; }

        protected internal override void OnDue(long now)
        {
            FiredAt = now;
            Interlocked.Increment(ref _fired);
            Then?.Invoke();
        }
    }
}
