using MeshLib.Testing.Simulation;
using Microsoft.Extensions.Configuration;
using static MeshLib.Testing.Tests.Simulation.Scenarios;

namespace MeshLib.Testing.Tests.Simulation;

/// <summary>Which requests belong together, as balancers that hash see it.</summary>
public class HashKeyTests
{
    private static readonly SimulationScenario Scenario = Loaded(Equal(3), 0.2, 10, clients: 2);

    public static TheoryData<SimulatedClient> Hashing =>
    [
        SimulatedClient.Balancer("RingHash"),
        SimulatedClient.Balancer("Maglev"),
        SimulatedClient.Mesh("orders", new ConfigurationBuilder().AddInMemoryCollection([new("Mesh:Defaults:LoadBalancing:Policy", "RingHash")]).Build()),
    ];

    [Theory]
    [MemberData(nameof(Hashing))]
    public void Requests_OfOneKey_GoToOneServerWhoeverSendsThem(SimulatedClient client)
    {
        var result = Simulator.Run(Scenario with { HashKeys = 1 }, client, seed: 1);

        Assert.Equal([0, 0, 1], result.Shares.Order());
    }

    [Theory]
    [MemberData(nameof(Hashing))]
    public void Requests_WithoutKeysOrOfMany_GoToAll(SimulatedClient client)
    {
        Assert.All(Simulator.Run(Scenario, client, seed: 1).Shares, static share => Assert.InRange(share, 0.25, 0.42));
        Assert.All(Simulator.Run(Scenario with { HashKeys = 1000 }, client, seed: 1).Shares, static share => Assert.InRange(share, 0.25, 0.42));
    }

    [Theory]
    [InlineData("PeakEwma")]
    [InlineData("RoundRobin")]
    public void Run_OfABalancerThatDoesNotHash_IsTheSameWhateverKeysThereAre(string policy)
    {
        var client = SimulatedClient.Balancer(policy);

        Assert.Equal(Simulator.Run(Scenario, client, seed: 1).Fingerprint, Simulator.Run(Scenario with { HashKeys = 50 }, client, seed: 1).Fingerprint);
    }
}
