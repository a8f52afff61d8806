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
