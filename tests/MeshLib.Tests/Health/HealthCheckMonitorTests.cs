namespace MeshLib.Tests.Health;

/// <summary>Thresholds and pace of the mesh's own checks.</summary>
public class HealthCheckMonitorTests
{
    private readonly HealthCheckSettings _settings = new() { HealthyThreshold = 2, UnhealthyThreshold = 3 };
    private readonly HealthCheckMonitor _monitor = new(firstAt: 50);

    [Fact]
    public void FailuresInARow_MakeItUnhealthy_AndPassesInARowHealthyAgain()
    {
        Pass();
        Fail(2);
        Assert.False(_monitor.IsUnhealthy);
        Pass();
        Fail(2);
        Assert.False(_monitor.IsUnhealthy);
        Assert.True(Fail(1));
        Assert.True(_monitor.IsUnhealthy);

        Assert.False(Pass());
        Fail(1);
        Assert.False(Pass());
        Assert.True(_monitor.IsUnhealthy);
        Assert.True(Pass());
        Assert.False(_monitor.IsUnhealthy);
    }

    [Fact]
    public void FirstPass_IsEnoughForOneThatHasNotPassedBefore()
    {
        Fail(3);
        Assert.True(_monitor.IsUnhealthy);

        Assert.True(Pass());

        Assert.False(_monitor.IsUnhealthy);
    }

    [Fact]
    public void Check_IsBegunWhenItIsDue_OneAtATime()
    {
        Assert.False(_monitor.TryBegin(49, 100));
        Assert.True(_monitor.TryBegin(50, 100));
        Assert.False(_monitor.TryBegin(150, 100));
        _monitor.End(true, _settings);
        Assert.True(_monitor.TryBegin(150, 100));
    }

    [Fact]
    public void Pace_IsKeptByLateOnes_AndMissedOnesAreNotMadeUpFor()
    {
        Assert.True(_monitor.TryBegin(390, 100));
        _monitor.End(true, _settings);

        Assert.Equal(450, _monitor.DueAt);
    }

    [Fact]
    public void AShorterInterval_HoldsAtOnce_AndKeepsThePhase()
    {
        Assert.True(_monitor.TryBegin(50, 1_000));
        _monitor.End(true, _settings);

        Assert.False(_monitor.TryBegin(60, 100));

        Assert.Equal(150, _monitor.DueAt);
        Assert.True(_monitor.TryBegin(150, 100));
    }

    private bool Pass() => _monitor.End(true, _settings);

    private bool Fail(int times)
    {
        var changed = false;
        for (var time = 0; time < times; time++)
        {
            changed = _monitor.End(false, _settings);
        }

        return changed;
    }
}
