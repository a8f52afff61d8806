using MeshLib.Testing.Simulation;
using static MeshLib.Testing.Tests.Simulation.Scenarios;

namespace MeshLib.Testing.Tests.Simulation;

/// <summary>A scenario that cannot be is refused in words that name the member, its value and what is allowed.</summary>
public class ScenarioValidationTests
{
    private static readonly SimulationScenario Sound = Loaded(Equal(3), 0.2, 5);

    public static TheoryData<string, SimulationScenario> Unsound => new()
    {
        { "Servers is empty; at least one is needed.", Sound with { Servers = [] } },
        { "Servers[0].Workers is 0; 1 or more, or null for any number.", Of(new SimulatedServer { Workers = 0 }) },
        { "Servers[0].Speed is 0; above 0 and finite.", Of(new SimulatedServer { Speed = 0 }) },
        { "Clients is 0; 1 or more.", Sound with { Clients = 0 } },
        { "HashKeys is -1; 0 or more.", Sound with { HashKeys = -1 } },
        { "RoundTrip is -00:00:01; 0 or more.", Sound with { RoundTrip = Seconds(-1) } },
        { "Interval is 00:00:00; above 0.", Sound with { Interval = Seconds(0) } },
        { "SuccessWithin is 00:00:00; above 0.", Sound with { SuccessWithin = Seconds(0) } },
        { "GiveUpAfter is -00:00:00.0010000; above 0, or null for a caller that waits.", Sound with { GiveUpAfter = Timeout.InfiniteTimeSpan } },
        { "GiveUpAfter is 00:00:00; above 0, or null for a caller that waits.", Sound with { GiveUpAfter = Seconds(0) } },
        { "Work.Mean is 00:00:00; above 0.", Sound with { Work = ServiceTime.Exponential(Seconds(0)) } },
        { "Work.Deviation is -00:00:01; 0 or more.", Sound with { Work = ServiceTime.LogNormal(Seconds(1), Seconds(-1)) } },
        { "Servers[0].Antagonist.Epoch is 00:00:00; 00:00:00.0010000 or more.", Of(new Antagonist(Seconds(0), 0.2, 0.3, 0.8)) },
        { "Servers[0].Antagonist.Probability is 2; 0 to 1.", Of(new Antagonist(Seconds(1), 2, 0.3, 0.8)) },
        { "Servers[0].Antagonist.MostLoss is 8; 0 to 1.", Of(new Antagonist(Seconds(1), 0.2, 0.3, 8)) },
        { "Servers[0].Antagonist.LeastLoss is -1; 0 to MostLoss, which is 1.", Of(new Antagonist(Seconds(1), 0.2, -1, 1)) },
        { "Servers[0].Antagonist.LeastLoss is 1; 0 to MostLoss, which is 0.", Of(new Antagonist(Seconds(1), 0.2, 1, 0)) },
        { "Servers[0].Faults[0] (Down).From is -00:00:01; 0 or more.", Of(ServerFault.Down(Seconds(-1), Seconds(1))) },
        { "Servers[0].Faults[0] (Down).Until is 00:00:01; above From, which is 00:00:02.", Of(ServerFault.Down(Seconds(2), Seconds(1))) },
        { "Servers[0].Faults[0] (Slow).Speed is 0; above 0 and finite.", Of(ServerFault.Slow(Seconds(1), Seconds(2), 0)) },
        { "Servers[0].Faults[0] (WarmingUp).Until is 10675199.02:48:05.4775807; it needs an end.", Of(new ServerFault { Kind = ServerFaultKind.WarmingUp }) },
        { "Servers[0].Faults[0] (Delayed).Delay is -00:00:01; 0 or more.", Of(ServerFault.Delayed(Seconds(1), Seconds(2), Seconds(-1))) },
        { "Servers[0].Faults[0] (Delayed).Share is 1.5; 0 to 1.", Of(ServerFault.Delayed(Seconds(1), Seconds(2), Seconds(1), share: 1.5)) },
        { "Servers[0].Faults[0] (Failing).Share is -1; 0 to 1.", Of(ServerFault.Failing(Seconds(1), Seconds(2), share: -1)) },
    };

    [Theory]
    [MemberData(nameof(Unsound))]
    public void Run_OfAScenarioThatCannotBe_NamesWhatIsWrong(string message, SimulationScenario scenario)
    {
        var refused = Assert.Throws<ArgumentException>(() => Simulator.Run(scenario, SimulatedClient.Oracle, 1));

        Assert.StartsWith($"test: {message}", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_WithADelayBeyondAllTime_NeverGetsAnAnswer()
    {
        var result = Simulator.Run(Of(ServerFault.Delayed(Seconds(0), Seconds(9), TimeSpan.MaxValue)) with { GiveUpAfter = null }, SimulatedClient.Balancer("RoundRobin"), 1);

        Assert.Equal(0, result.Success);
    }

    private static SimulationScenario Of(SimulatedServer server) => Sound with { Servers = [server] };

    private static SimulationScenario Of(Antagonist antagonist) => Of(new SimulatedServer { Antagonist = antagonist });

    private static SimulationScenario Of(ServerFault fault) => Of(new SimulatedServer { Faults = [fault] });
}
