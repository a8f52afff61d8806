using MeshLib.Testing.Simulation;

namespace MeshLib.Testing.Tests.Simulation;

public class VirtualTimeTests
{
    private readonly VirtualTime _time = new();
    private readonly List<string> _happened = [];

    [Fact]
    public void AdvanceTo_RunsWhatIsDue_InOrderOfTimeAndThenOfArrival()
    {
        Note(2, "second");
        Note(1, "first");
        Note(2, "third");
        Note(3, "later");

        _time.AdvanceTo(TimeSpan.FromSeconds(2));

        Assert.Equal(["first at 1", "second at 2", "third at 2"], _happened);
        Assert.Equal(TimeSpan.FromSeconds(2), _time.Elapsed);
    }

    [Fact]
    public void Timer_WithAPeriod_FiresUntilItIsDisposed()
    {
        var timer = _time.CreateTimer(_ => _happened.Add(At("tick")), null, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(2));
        _time.AdvanceTo(TimeSpan.FromSeconds(4));
        timer.Dispose();
        _time.AdvanceTo(TimeSpan.FromSeconds(9));

        Assert.Equal(["tick at 1", "tick at 3"], _happened);
    }

    [Fact]
    public void Timer_WhenChanged_ForgetsItsEarlierDueTime()
    {
        using var timer = _time.CreateTimer(_ => _happened.Add(At("tick")), null, TimeSpan.FromSeconds(1), Timeout.InfiniteTimeSpan);
        timer.Change(TimeSpan.FromSeconds(5), Timeout.InfiniteTimeSpan);
        _time.AdvanceTo(TimeSpan.FromSeconds(9));

        Assert.Equal(["tick at 5"], _happened);
    }

    [Fact]
    public void Timer_ThatIsDisposed_StaysSo()
    {
        var timer = _time.CreateTimer(_ => _happened.Add(At("tick")), null, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1));
        timer.Dispose();

        Assert.False(timer.Change(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1)));
        _time.AdvanceTo(TimeSpan.FromSeconds(9));
        Assert.Empty(_happened);
    }

    [Fact]
    public void AdvanceTo_FromWhatHappens_NeverGoesBack()
    {
        _time.Schedule(TimeSpan.FromSeconds(1), () => _time.AdvanceTo(TimeSpan.FromSeconds(8)));
        Note(5, "inside");

        _time.AdvanceTo(TimeSpan.FromSeconds(2));

        Assert.Equal(["inside at 5"], _happened);
        Assert.Equal(TimeSpan.FromSeconds(8), _time.Elapsed);
    }

    [Fact]
    public void Schedule_BeyondAllTime_IsNever()
    {
        _time.Schedule(TimeSpan.MaxValue, () => _happened.Add("never"));
        using var timer = _time.CreateTimer(_ => _happened.Add("never"), null, TimeSpan.MaxValue, Timeout.InfiniteTimeSpan);

        _time.AdvanceTo(TimeSpan.FromDays(10_000));

        Assert.Empty(_happened);
    }

    [Fact]
    public void Delay_GoesOn_WhereTimeIsMovedOn()
    {
        var wait = Task.Delay(TimeSpan.FromHours(3), _time);
        _time.AdvanceTo(TimeSpan.FromHours(2));
        Assert.False(wait.IsCompleted);

        _time.AdvanceTo(TimeSpan.FromHours(3));
        Assert.True(wait.IsCompletedSuccessfully);
    }

    [Fact]
    public async Task Schedule_FromAnotherThread_IsRefused() =>
        await Assert.ThrowsAsync<InvalidOperationException>(() => Task.Factory.StartNew(() => Note(1, "elsewhere"), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default));

    private void Note(double seconds, string what) => _time.Schedule(TimeSpan.FromSeconds(seconds), () => _happened.Add(At(what)));

    private string At(string what) => $"{what} at {_time.Elapsed.TotalSeconds}";
}
