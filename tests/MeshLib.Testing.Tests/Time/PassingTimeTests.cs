using Microsoft.Extensions.Time.Testing;

namespace MeshLib.Testing.Tests.Time;

public sealed class PassingTimeTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public async Task Time_ForATaskThatHasEnded_DoesNotPass()
    {
        Assert.Equal(7, await Task.FromResult(7).WhileTimePasses(static _ => Assert.Fail("Time has passed.")));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(50)]
    [InlineData(3_000)]
    [InlineData(1_800_000)]
    public async Task Time_PassesByAnEighthAtMostBeyondTheEnd(int milliseconds)
    {
        var wait = TimeSpan.FromMilliseconds(milliseconds);
        var started = _time.GetTimestamp();

        await Task.Delay(wait, _time, CancellationToken.None).WhileTimePasses(_time.Advance).WithinHangLimit();

        Assert.InRange(_time.GetElapsedTime(started), wait, (wait * 9 / 8) + TimeSpan.FromMilliseconds(1));
    }

    [Theory]
    [InlineData(6_000)]
    [InlineData(30_000)]
    public async Task Time_PassesInStepsThatNoAttemptIsLostIn(int milliseconds)
    {
        var wait = TimeSpan.FromMilliseconds(milliseconds);
        var longest = TimeSpan.Zero;

        await Task.Delay(wait, _time, CancellationToken.None).WhileTimePasses(step =>
        {
            longest = step > longest ? step : longest;
            _time.Advance(step);
        }).WithinHangLimit();

        Assert.InRange(longest, TimeSpan.FromMilliseconds(250), wait / 24);
    }

    /// <summary>Or all who let time pass side by side would see each other at work in the pool, and wait in vain for its rest.</summary>
    [Fact]
    public async Task Time_IsMovedByAThreadOutsideOfThePool()
    {
        var inside = 0;

        await Task.Delay(TimeSpan.FromSeconds(1), _time, CancellationToken.None).WhileTimePasses(step =>
        {
            inside += Thread.CurrentThread.IsThreadPoolThread ? 1 : 0;
            _time.Advance(step);
        }).WithinHangLimit();

        Assert.Equal(0, inside);
    }

    /// <summary>The work is on a thread of the pool, as that of an application in memory is, and does not go on by itself until time has been seen to stand still.</summary>
    [Fact]
    public async Task Time_WhileWorkOfTheTaskRuns_StandsStill()
    {
        using var seen = new SemaphoreSlim(0);
        var passed = 0;
        var work = Task.Run(() =>
        {
            // A thread at work, for longer than any number of steps would take.
            seen.Wait(TimeSpan.FromMilliseconds(300));
            return Volatile.Read(ref passed);
        });

        Assert.Equal(0, await work.WhileTimePasses(_ => Interlocked.Increment(ref passed)).WithinHangLimit());
    }

    [Fact]
    public async Task Time_BesideAThreadThatIsAlwaysAtWork_PassesAllTheSame()
    {
        var isOver = false;
        var busy = Task.Run(() =>
        {
            while (!Volatile.Read(ref isOver))
            {
                Thread.SpinWait(100);
            }
        });

        await Task.Delay(TimeSpan.FromMinutes(1), _time, CancellationToken.None).WhileTimePasses(_time.Advance).WithinHangLimit();

        Volatile.Write(ref isOver, true);
        await busy;
    }

    [Fact]
    public async Task ATaskThatFails_IsThrownAsItFailed()
    {
        var error = await Assert.ThrowsAsync<InvalidDataException>(() => FailAsync().WhileTimePasses(_time.Advance));

        Assert.Equal("after a while", error.Message);

        async Task<int> FailAsync()
        {
            await Task.Delay(TimeSpan.FromSeconds(1), _time, CancellationToken.None);
            throw new InvalidDataException("after a while");
        }
    }

    [Fact]
    public async Task ATaskThatWaitsForSomethingElse_IsGivenUp()
    {
        var never = new TaskCompletionSource();

        await Assert.ThrowsAsync<TimeoutException>(() => never.Task.WhileTimePasses(_time.Advance)).WithinHangLimit();
    }
}
