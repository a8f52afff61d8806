using CsCheck;
using MeshLib.TestKit;
using Microsoft.Extensions.Time.Testing;

namespace MeshLib.Tests.Bulkheads;

public class BulkheadTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly MonotonicClock _clock;

    public BulkheadTests() => _clock = new MonotonicClock(_time);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public void TryEnter_UpToTheLimit_Enters()
    {
        var bulkhead = Create(2);

        Assert.True(bulkhead.TryEnter());
        Assert.True(bulkhead.TryEnter());
        Assert.False(bulkhead.TryEnter());
        bulkhead.Exit();
        Assert.True(bulkhead.TryEnter());
        Assert.Equal(2, bulkhead.InUse);
    }

    [Fact]
    public async Task EnterAsync_WithoutAQueue_AnswersAtOnce()
    {
        var bulkhead = Create(1);

        Assert.True(await bulkhead.EnterAsync(long.MaxValue, Token));
        Assert.False(await bulkhead.EnterAsync(long.MaxValue, Token));
    }

    [Fact]
    public async Task EnterAsync_ServesInOrderOfArrival_AndNobodyPushesIn()
    {
        var bulkhead = Create(1, queue: 3);
        bulkhead.TryEnter();
        var waiters = Enumerable.Range(0, 3).Select(_ => bulkhead.EnterAsync(long.MaxValue, Token).AsTask()).ToArray();
        Assert.Equal(3, bulkhead.Queued);
        Assert.False(bulkhead.TryEnter());
        Assert.False(await bulkhead.EnterAsync(long.MaxValue, Token));

        for (var i = 0; i < 3; i++)
        {
            bulkhead.Exit();
            Assert.True(await waiters[i]);
            Assert.Equal(2 - i, waiters.Count(w => !w.IsCompleted));
            Assert.Equal(1, bulkhead.InUse);
        }

        bulkhead.Exit();
        Assert.Equal(0, bulkhead.InUse);
        Assert.Equal(0, bulkhead.Queued);
    }

    [Fact]
    public async Task AWaiter_WhoseTurnComesTooLate_GetsNoPermitAndTheNextDoes()
    {
        var bulkhead = Create(1, queue: 2);
        bulkhead.TryEnter();
        var late = bulkhead.EnterAsync(_clock.After(_clock.Now(), TimeSpan.FromSeconds(1)), Token);
        var next = bulkhead.EnterAsync(long.MaxValue, Token);

        _time.Advance(TimeSpan.FromSeconds(1));
        bulkhead.Exit();

        Assert.False(await late);
        Assert.True(await next);
        Assert.Equal(1, bulkhead.InUse);
    }

    [Fact]
    public async Task ExpireWaiters_SendsAwayExactlyThoseWhoseTimeIsUp()
    {
        var bulkhead = Create(1, queue: 3);
        bulkhead.TryEnter();
        var start = _clock.Now();
        var first = bulkhead.EnterAsync(start + 20, Token);
        var second = bulkhead.EnterAsync(start + 10, Token);
        var third = bulkhead.EnterAsync(long.MaxValue, Token);

        bulkhead.ExpireWaiters(start + 10);

        Assert.False(await second);
        Assert.False(first.IsCompleted);
        Assert.False(third.IsCompleted);
        Assert.Equal(2, bulkhead.Queued);
    }

    [Fact]
    public async Task ACancelledWaiter_ThrowsWithItsOwnToken_AndLeavesTheQueue()
    {
        var bulkhead = Create(1, queue: 1);
        bulkhead.TryEnter();
        using var cancellation = new CancellationTokenSource();
        var waiter = bulkhead.EnterAsync(long.MaxValue, cancellation.Token).AsTask();

        await cancellation.CancelAsync();

        var exception = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiter);
        Assert.Equal(cancellation.Token, exception.CancellationToken);
        Assert.Equal(0, bulkhead.Queued);
        bulkhead.Exit();
        Assert.Equal(0, bulkhead.InUse);
    }

    [Fact]
    public async Task EnterAsync_WithACancelledToken_DoesNotQueue()
    {
        var bulkhead = Create(1, queue: 1);
        bulkhead.TryEnter();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => bulkhead.EnterAsync(long.MaxValue, new CancellationToken(canceled: true)).AsTask());

        Assert.Equal(0, bulkhead.Queued);
    }

    [Fact]
    public async Task AStream_GivesItsPermitToTheNextCall()
    {
        var bulkhead = Create(1, queue: 1, streams: 1);
        bulkhead.TryEnter();
        var waiter = bulkhead.EnterAsync(long.MaxValue, Token);

        Assert.True(bulkhead.TryBecomeStream());

        Assert.True(await waiter);
        Assert.Equal((1, 1), (bulkhead.InUse, bulkhead.Streams));
        Assert.False(bulkhead.TryBecomeStream());
        Assert.Equal((1, 1), (bulkhead.InUse, bulkhead.Streams));
        bulkhead.ExitStream();
        Assert.True(bulkhead.TryBecomeStream());
        Assert.Equal((0, 1), (bulkhead.InUse, bulkhead.Streams));
    }

    [Fact]
    public void R11_C11_Shrinking_BelowUse_LetsTheSurplusDrain_AndGrowingAdmitsAgain()
    {
        var bulkhead = Create(64);
        for (var i = 0; i < 40; i++)
        {
            Assert.True(bulkhead.TryEnter());
        }

        bulkhead.Apply(Settings(8));
        for (var left = 40; left > 8; left--)
        {
            Assert.False(bulkhead.TryEnter());
            bulkhead.Exit();
        }

        Assert.False(bulkhead.TryEnter());
        bulkhead.Exit();
        Assert.True(bulkhead.TryEnter());

        bulkhead.Apply(Settings(64));
        for (var i = 8; i < 64; i++)
        {
            Assert.True(bulkhead.TryEnter());
        }

        Assert.False(bulkhead.TryEnter());
    }

    [Fact]
    public async Task Growing_ServesThoseWhoWait()
    {
        var bulkhead = Create(1, queue: 3);
        bulkhead.TryEnter();
        var waiters = Enumerable.Range(0, 3).Select(_ => bulkhead.EnterAsync(long.MaxValue, Token).AsTask()).ToArray();

        bulkhead.Apply(Settings(3, 3));

        Assert.True(await waiters[0]);
        Assert.True(await waiters[1]);
        Assert.False(waiters[2].IsCompleted);
        Assert.Equal((3, 1), (bulkhead.InUse, bulkhead.Queued));
    }

    [Fact]
    public void AnyOrderOfEvents_ConservesPermits() => Gen.Select(Gen.Int[0, 6], Gen.Int[1, 5]).List[0, 300].Sample(events =>
    {
        var time = new FakeTimeProvider();
        var clock = new MonotonicClock(time);
        var (limit, held, streams) = (3, 0, 0);
        var bulkhead = new Bulkhead(Settings(limit, queue: 3, streams: 2), clock);
        var waiters = new List<(Task<bool> Task, CancellationTokenSource Source)>();
        foreach (var (kind, value) in events)
        {
            switch (kind)
            {
                case 0:
                    held += bulkhead.TryEnter() ? 1 : 0;
                    break;
                case 1:
                    var source = new CancellationTokenSource();
                    waiters.Add((bulkhead.EnterAsync(clock.Now() + (value * 10), source.Token).AsTask(), source));
                    break;
                case 2 when held > 0:
                    held--;
                    bulkhead.Exit();
                    break;
                case 3 when held > 0 && bulkhead.TryBecomeStream():
                    (held, streams) = (held - 1, streams + 1);
                    break;
                case 4:
                    limit = value;
                    bulkhead.Apply(Settings(limit, queue: 3, streams: 2));
                    break;
                case 5:
                    time.Advance(new TimeSpan(value * 4));
                    bulkhead.ExpireWaiters(clock.Now());
                    break;
                case 6 when waiters.Count > 0:
                    waiters[value % waiters.Count].Source.Cancel();
                    break;
                default:
                    break;
            }

            // Who has left the queue has it from the bulkhead synchronously; the awaiting method may still be on its way, so wait for as many as are not queued.
            Assert.True(SpinWait.SpinUntil(() => waiters.Count(w => !w.Task.IsCompleted) == bulkhead.Queued, HangLimit.Default));
            held += waiters.RemoveAll(w => w.Task.IsCompletedSuccessfully && w.Task.Result);
            waiters.RemoveAll(w => w.Task.IsCompleted);
            if (bulkhead.InUse != held || bulkhead.Streams != streams || bulkhead.Queued > 3 || (bulkhead.Queued > 0 && held < limit))
            {
                return false;
            }
        }

        return true;
    }, threads: 1, iter: 300);

    [Fact]
    public async Task ManyThreads_NeverPassTheLimit_AndLeaveNothingBehind()
    {
        const int Limit = 4;
        var bulkhead = Create(Limit, queue: 1_000);
        var (inside, most, entered, cancelled) = (0, 0, 0, 0);
        await Task.WhenAll(Enumerable.Range(0, 16).Select(seed => Task.Run(async () =>
        {
            var random = new Random(seed);
            for (var i = 0; i < 1_000; i++)
            {
                using var source = new CancellationTokenSource();
                var waiting = bulkhead.EnterAsync(long.MaxValue, source.Token).AsTask();
                if (random.Next(4) == 0)
                {
                    await source.CancelAsync();
                }

                try
                {
                    Assert.True(await waiting);
                }
                catch (OperationCanceledException)
                {
                    Interlocked.Increment(ref cancelled);
                    continue;
                }

                Interlocked.Increment(ref entered);
                InterlockedMax(ref most, Interlocked.Increment(ref inside));
                if (random.Next(2) == 0)
                {
                    await Task.Yield();
                }

                Interlocked.Decrement(ref inside);
                bulkhead.Exit();
            }
        })));

        Assert.Equal(16_000, entered + cancelled);
        Assert.InRange(most, 1, Limit);
        Assert.Equal((0, 0), (bulkhead.InUse, bulkhead.Queued));
    }

    [Fact]
    public async Task R11_WhenLimitsAreSwappedUnderCalls_EveryPermitComesBackAndTheLargestLimitHolds()
    {
        var rounds = ScenarioLength.Of(1_000, 10_000);
        int[] limits = [64, 8, 1];
        var bulkhead = Create(limits[0], queue: 1_000);
        var (inside, most, done) = (0, 0, false);
        var swapping = Task.Run(() =>
        {
            for (var swap = 0; !Volatile.Read(ref done); swap++)
            {
                bulkhead.Apply(Settings(limits[swap % limits.Length], queue: 1_000));
            }
        });
        await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => Task.Run(async () =>
        {
            for (var round = 0; round < rounds; round++)
            {
                Assert.True(await bulkhead.EnterAsync(long.MaxValue, Token));
                InterlockedMax(ref most, Interlocked.Increment(ref inside));
                Interlocked.Decrement(ref inside);
                bulkhead.Exit();
            }
        }))).WithinHangLimit(TimeSpan.FromMinutes(1));
        Volatile.Write(ref done, true);
        await swapping;

        Assert.InRange(most, 1, limits[0]);
        Assert.Equal((0, 0), (bulkhead.InUse, bulkhead.Queued));
    }

    private static void InterlockedMax(ref int target, int value)
    {
        for (var seen = Volatile.Read(ref target); value > seen;)
        {
            var before = Interlocked.CompareExchange(ref target, value, seen);
            if (before == seen)
            {
                return;
            }

            seen = before;
        }
    }

    private static BulkheadSettings Settings(int concurrency, int queue = 0, int streams = 1024) => new() { MaxConcurrency = concurrency, MaxQueue = queue, MaxStreams = streams };

    private Bulkhead Create(int concurrency, int queue = 0, int streams = 1024) => new(Settings(concurrency, queue, streams), _clock);
}
