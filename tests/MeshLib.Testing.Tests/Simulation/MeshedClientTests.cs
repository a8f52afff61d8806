using MeshLib.Testing.Simulation;
using Microsoft.Extensions.Configuration;
using static MeshLib.Testing.Tests.Simulation.Scenarios;

namespace MeshLib.Testing.Tests.Simulation;

public class MeshedClientTests
{
    [Fact]
    public void Mesh_WhenAServerIsDown_RetriesWhatItRefuses()
    {
        var result = Simulator.Run(Loaded(Equal(3, ServerFault.Down(Seconds(5), Seconds(15))), 0.3, 20), SimulatedClient.Mesh("orders"), seed: 1);

        Assert.True(result.Success == 1, result.ToString());
        Assert.InRange(result.Amplification, 1.0001, 1.1);
    }

    [Fact]
    public void Mesh_WhenAServerHangs_LosesFewCallsAndCutsItOff()
    {
        var result = Simulator.Run(Loaded(Equal(3, ServerFault.Hanging(Seconds(5), Seconds(15))), 0.3, 20), SimulatedClient.Mesh("orders"), seed: 1);

        Assert.True(result.Success > 0.98, result.ToString());
        Assert.True(result.Timeline[12].Requests[0] < 20, result.ToString());
    }

    [Fact]
    public void Mesh_WithAPolicyFromConfiguration_ObeysIt()
    {
        var scenario = Loaded(Equal(3, ServerFault.Failing(Seconds(5), Seconds(15))), 0.3, 20);
        var configuration = new ConfigurationBuilder()
            .AddInMemoryCollection(new Dictionary<string, string?> { ["Mesh:Services:orders:Retry:MaxAttempts"] = "1", ["Mesh:Services:orders:LoadBalancing:Policy"] = "RoundRobin" })
            .Build();

        var result = Simulator.Run(scenario, SimulatedClient.Mesh("orders", configuration), seed: 1);

        Assert.Equal(1, result.Amplification);
        Assert.InRange(result.Success, 0.9, 0.9999);
    }

    [Fact]
    public void Mesh_WithABalancerOfOnesOwn_UsesIt()
    {
        var result = Simulator.Run(Loaded(Equal(3), 0.2, 5), SimulatedClient.Balancer("First", static _ => new FirstLoadBalancer()), seed: 1);

        Assert.Equal(1, result.Shares.Max());
        Assert.Equal("First", result.Client);
    }

    private sealed class FirstLoadBalancer : LoadBalancer
    {
        public override EndpointPicker CreatePicker(IReadOnlyList<MeshEndpoint> endpoints) => new Picker(endpoints[0]);

        private sealed class Picker(MeshEndpoint first) : EndpointPicker
        {
            public override MeshEndpoint? Pick(MeshCall call) => first;
        }
    }
}
