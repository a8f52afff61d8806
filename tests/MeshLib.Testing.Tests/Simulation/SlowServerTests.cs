using MeshLib.Testing.Simulation;
using Microsoft.Extensions.Configuration;
using static MeshLib.Testing.Tests.Simulation.Scenarios;

namespace MeshLib.Testing.Tests.Simulation;

/// <summary>Of ten servers one takes ten times as long for half a minute.</summary>
[Trait("Scenario", "E12")]
public class SlowServerTests
{
    private const int Slow = 5;
    private const int Healed = 35;

    private static readonly SimulationScenario OneSlow = new()
    {
        Name = "one slow",
        Servers = Equal(10, ServerFault.Slow(Seconds(Slow), Seconds(Healed), 0.1)),
        Load = [new(TimeSpan.Zero, 100)],
        Work = ServiceTime.FoldedNormal(TimeSpan.FromMilliseconds(50), TimeSpan.FromMilliseconds(2)),
        Duration = Seconds(75),
    };

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void E12_WhenOneOfTenIsSlow_LoadShiftsAndComesBack(int seed)
    {
        var result = Simulator.Run(OneSlow, SimulatedClient.Mesh("orders", new ConfigurationBuilder().Build()), seed);

        Assert.True(ShareOfTheFirst(result, Slow + 5, Healed) <= 0.03, $"{ShareOfTheFirst(result, Slow + 5, Healed):P1} while it is slow; {result}");
        Assert.True(result.P99 <= TimeSpan.FromMilliseconds(200), result.ToString());
        Assert.True(ShareOfTheFirst(result, Healed + 30, Healed + 40) >= 0.08, $"{ShareOfTheFirst(result, Healed + 30, Healed + 40):P1} after it has healed; {result}");
        Assert.Equal(1, result.Success);
    }

    private static double ShareOfTheFirst(SimulationResult result, int from, int until)
    {
        var seconds = result.Timeline.Where(interval => interval.From >= Seconds(from) && interval.From < Seconds(until)).ToList();
        return seconds.Sum(static interval => interval.Requests[0]) / (double)seconds.Sum(static interval => interval.Requests.Sum());
    }
}
