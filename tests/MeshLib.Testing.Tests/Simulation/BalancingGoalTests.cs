using MeshLib.Testing.Simulation;
using static MeshLib.Testing.Tests.Simulation.Scenarios;

namespace MeshLib.Testing.Tests.Simulation;

/// <summary>
/// The goals of the default balancer in a short form: fewer seeds than <c>simulate</c> in the benchmarks, whose medians are what is promised, so the limits here have a little room for chance.
/// </summary>
public class BalancingGoalTests
{
    private static readonly int[] Seeds = [11, 12, 13];
    private static readonly SimulatedClient Default = SimulatedClient.Balancer("PeakEwma");

    [Fact]
    public void Replay_OfBuoyant_HasThePublishedOrder()
    {
        var (roundRobin, leastRequest, peakEwma) = (Success(Buoyant(), SimulatedClient.Balancer("RoundRobin")), Success(Buoyant(), SimulatedClient.Balancer("LeastRequest")), Success(Buoyant(), Default));

        Assert.Equal(0.9545, roundRobin, 0.001);
        Assert.Equal(0.9950, leastRequest, 0.001);
        Assert.True(peakEwma >= 0.9994, $"{peakEwma:P3}");
    }

    [Fact]
    public void Default_WhenCallersGiveUp_LearnsFromIt() => Assert.True(Success(Buoyant(Seconds(1)), Default) >= 0.9996);

    [Fact]
    public void Default_AmongUnequalServers_IsNearTheOracle() =>
        Assert.InRange(TailOverOracle(Loaded([.. new[] { 2, 2, 2, 1, 1, 1, 1, 0.5, 0.5, 0.5 }.Select(static speed => new SimulatedServer { Speed = speed })], 0.6, 20, clients: 10)), 1, 1.35);

    [Fact]
    public void Default_AmongEqualServers_IsNearTheOracle() => Assert.InRange(TailOverOracle(Loaded(Equal(30), 0.8, 10, clients: 10)), 1, 1.08);

    [Fact]
    public void Default_WhenOneFailsFast_AvoidsIt() => Assert.True(Success(Loaded(Equal(10, ServerFault.Failing(Seconds(5), Seconds(20))), 0.6, 20), Default) >= 0.9999);

    /// <summary>Nobody sees the failures but the balancer, and this one does not look: a tenth of the calls of the 10 s in 15 that it lasts.</summary>
    [Fact]
    public void RoundRobin_WhenOneFailsFast_IsHelpedByNobody() =>
        Assert.Equal(1 - (0.1 * 10 / 15), Success(Loaded(Equal(10, ServerFault.Failing(Seconds(5), Seconds(15))), 0.6, 20) with { WarmUp = Seconds(5) }, SimulatedClient.Balancer("RoundRobin")), 0.001);

    [Fact]
    public void Default_WhenOneStartsCold_IsNearTheOracle() => Assert.InRange(TailOverOracle(Loaded(Equal(10, ServerFault.WarmingUp(Seconds(5), Seconds(15), 0.1)), 0.6, 20)), 0.97, 1.05);

    [Fact]
    public void Default_WhenAllAreOverloaded_DoesNotHerdAndRecovers()
    {
        var capacity = Loaded(Equal(10), 1, 1).Capacity;
        var scenario = Loaded(Equal(10), 0.8, 60, clients: 10) with
        {
            Load = [new(TimeSpan.Zero, 0.8 * capacity), new(Seconds(5), 1.5 * capacity), new(Seconds(10), 0.8 * capacity)],

            // 2.5 s of work are left when the overload ends, which at 80 % are done after 12.5 s; ten more to be back.
            WarmUp = Seconds(32.5),
        };

        Assert.InRange(TailOverOracle(scenario), 1, 1.2);

        // Over the whole run even a herd that goes from one to the next gives each its share; so second by second too, from the overload on.
        var runs = Seeds.Select(seed => Simulator.Run(scenario, Default, seed)).ToList();
        Assert.All(runs, static run => Assert.True(run.Shares.Max() < 0.125, run.ToString()));
        Assert.InRange(runs.Select(static run => run.Timeline.Skip(5).Take(55).Max(static second => second.Requests.Max() * 10.0 / second.Requests.Sum())).Order().ElementAt(Seeds.Length / 2), 1, 2);
    }

    [Theory]
    [InlineData("PeakEwma")]
    [InlineData("LeastRequest")]
    [InlineData("RoundRobin")]
    [InlineData("Random")]
    public void Oracle_IsNotBeaten(string policy)
    {
        var scenario = Loaded(Equal(10, ServerFault.Slow(Seconds(3), Seconds(8), 0.3)), 0.7, 10, clients: 3);

        Assert.All(Seeds, seed =>
        {
            var (other, oracle) = (Simulator.Run(scenario, SimulatedClient.Balancer(policy), seed), Simulator.Run(scenario, SimulatedClient.Oracle, seed));
            Assert.True(other.P99 >= oracle.P99 * 0.97 && other.Success <= oracle.Success, $"{other}; {oracle}");
        });
    }

    private static double Success(SimulationScenario scenario, SimulatedClient client) => Median(seed => Simulator.Run(scenario, client, seed).Success);

    private static double TailOverOracle(SimulationScenario scenario) => Median(seed => Simulator.Run(scenario, Default, seed).P99 / Simulator.Run(scenario, SimulatedClient.Oracle, seed).P99);

    private static double Median(Func<int, double> figure) => Seeds.Select(figure).Order().ElementAt(Seeds.Length / 2);
}
