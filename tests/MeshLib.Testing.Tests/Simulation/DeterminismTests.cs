using MeshLib.Testing.Simulation;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using static MeshLib.Testing.Tests.Simulation.Scenarios;

namespace MeshLib.Testing.Tests.Simulation;

public class DeterminismTests
{
    /// <summary>Timeouts, retries, breakers, refusals and resets all happen here.</summary>
    private static readonly SimulationScenario Troubled = Loaded(
        [
            new SimulatedServer { Faults = [ServerFault.Hanging(Seconds(5), Seconds(12))] },
            new SimulatedServer { Faults = [ServerFault.Down(Seconds(8), Seconds(11)), ServerFault.Failing(Seconds(3), Seconds(15), 503, 0.3)] },
            .. Equal(3),
        ],
        load: 0.5,
        seconds: 20,
        clients: 3);

    public static TheoryData<SimulatedClient> Clients =>
    [
        SimulatedClient.Oracle,
        SimulatedClient.Balancer("PeakEwma"),
        SimulatedClient.Balancer("LeastRequest"),
        SimulatedClient.Balancer("RoundRobin"),
        SimulatedClient.Mesh("orders"),
        SimulatedClient.Mesh("orders", configure: static mesh => mesh.Services.AddMesh(static options => (options.Defaults.HealthCheck.Path, options.Defaults.HealthCheck.Interval) = ("/health", Seconds(1)))),
        SimulatedClient.Mesh("orders", configure: static mesh => mesh.Services.AddMesh(static options => (options.Defaults.Bulkhead.MaxConcurrency, options.Defaults.Bulkhead.MaxQueue) = (4, 20))),
    ];

    [Theory]
    [MemberData(nameof(Clients))]
    public void Run_WithTheSameSeed_IsTheSameToTheLastBit(SimulatedClient client)
    {
        var runs = Enumerable.Range(0, 4).AsParallel().Select(_ => Simulator.Run(Troubled, client, seed: 7)).ToArray();

        Assert.All(runs, run => Assert.Equal(runs[0].Fingerprint, run.Fingerprint));
        Assert.All(runs, run => Assert.Equal(runs[0].Timeline.Select(static interval => interval with { Requests = [] }), run.Timeline.Select(static interval => interval with { Requests = [] })));
        Assert.NotEqual(runs[0].Fingerprint, Simulator.Run(Troubled, client, seed: 8).Fingerprint);
    }

    [Fact]
    public void Run_WhoeverBalances_HasTheSameCalls()
    {
        var scenario = Loaded(Equal(3), 0.5, 5);

        Assert.Equal(Simulator.Run(scenario, SimulatedClient.Oracle, 3).Calls, Simulator.Run(scenario, SimulatedClient.Mesh("orders"), 3).Calls);
    }

    [Fact]
    public void Run_OfAPolicyThatIsReadWithTheVariablesOfTheMachine_IsTheSameAsWithoutThem()
    {
        var machine = new ConfigurationBuilder().AddEnvironmentVariables().Build();
        SimulatedServer[] servers = [.. Troubled.Servers.Select(static server => server with { Zone = "of-the-machine" })];
        var scenario = Troubled with { Servers = [.. servers[..3], .. servers[3..].Select(static server => server with { Zone = "other" })] };

        var run = Simulator.Run(scenario, SimulatedClient.Mesh("orders", machine), seed: 7);

        Assert.Equal(Simulator.Run(Troubled, SimulatedClient.Mesh("orders"), seed: 7).Fingerprint, run.Fingerprint);
    }

    [Fact]
    public void Result_AsText_BeginsWithTheSeed() => Assert.StartsWith("seed 3: oracle on test:", Simulator.Run(Loaded(Equal(3), 0.5, 1), SimulatedClient.Oracle, 3).ToString(), StringComparison.Ordinal);
}
