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

    public static TheoryData<ServerFault> WhatAHealthCheckFinds =>
    [
        ServerFault.Down(Seconds(5), Seconds(15)),
        ServerFault.Failing(Seconds(5), Seconds(15)),
        ServerFault.Hanging(Seconds(5), Seconds(15)),
        ServerFault.Delayed(Seconds(5), Seconds(15), Seconds(1.5)),
    ];

    [Theory]
    [MemberData(nameof(WhatAHealthCheckFinds))]
    public void Mesh_WithHealthChecks_KeepsCallsFromAServerThatFailsThem(ServerFault fault)
    {
        var result = Simulator.Run(Loaded(Equal(3, fault), 0.3, 25) with { GiveUpAfter = null }, SimulatedClient.Mesh("orders", ChecksAlone()), seed: 1);

        // Two failures a second apart, the second of which is known after another.
        Assert.True(result.Timeline[5].Requests[0] > 50, result.ToString());
        Assert.All(result.Timeline.Skip(9).Take(6), interval => Assert.Equal(0, interval.Requests[0]));
        Assert.All(result.Timeline.Skip(19).Take(5), interval => Assert.InRange(interval.Requests[0], 50, 250));
        Assert.Equal(1, result.Amplification);
    }

    [Fact]
    public void Mesh_WithHealthChecks_TakesASlowServerForAHealthyOne()
    {
        var result = Simulator.Run(Loaded(Equal(3, ServerFault.Slow(Seconds(5), Seconds(15), 0.01), ServerFault.Delayed(Seconds(15), Seconds(25), Seconds(0.5))), 0.3, 25), SimulatedClient.Mesh("orders", ChecksAlone()), seed: 1);

        Assert.All(result.Timeline.Take(25), interval => Assert.InRange(interval.Requests[0], 50, 250));
    }

    [Fact]
    public void Mesh_WithHealthChecksAtAPortOfTheirOwn_AsksTheSameServer()
    {
        var result = Simulator.Run(Loaded(Equal(3, ServerFault.Down(Seconds(5), Seconds(15))), 0.3, 12), SimulatedClient.Mesh("orders", ChecksAlone(("Port", "9000"))), seed: 1);

        Assert.Equal(0, result.Timeline[9].Requests[0]);
        Assert.InRange(result.Timeline[9].Requests[1], 100, 500);
    }

    /// <summary>Nothing but its checks keeps this mesh from a server.</summary>
    private static IConfiguration ChecksAlone(params (string Option, string Value)[] more) => new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
    {
        ["Mesh:Services:orders:HealthCheck:Path"] = "/health",
        ["Mesh:Services:orders:HealthCheck:Interval"] = "00:00:01",
        ["Mesh:Services:orders:HealthCheck:Timeout"] = "00:00:01",
        ["Mesh:Services:orders:HealthCheck:UnhealthyThreshold"] = "2",
        ["Mesh:Services:orders:LoadBalancing:Policy"] = "RoundRobin",
        ["Mesh:Services:orders:LoadBalancing:SlowStart"] = "00:00:00",
        ["Mesh:Services:orders:CircuitBreaker:ConsecutiveFailures"] = "1000000",
        ["Mesh:Services:orders:CircuitBreaker:MinimumThroughput"] = "1000000",
        ["Mesh:Services:orders:OutlierDetection:Enabled"] = "false",
        ["Mesh:Services:orders:Bulkhead:MaxConcurrency"] = "100000",
        ["Mesh:Services:orders:Retry:MaxAttempts"] = "1",
    }.Concat(more.Select(static option => KeyValuePair.Create<string, string?>($"Mesh:Services:orders:HealthCheck:{option.Option}", option.Value)))).Build();

    private sealed class FirstLoadBalancer : LoadBalancer
    {
        public override EndpointPicker CreatePicker(IReadOnlyList<MeshEndpoint> endpoints) => new Picker(endpoints[0]);

        private sealed class Picker(MeshEndpoint first) : EndpointPicker
        {
            public override MeshEndpoint? Pick(MeshCall call) => first;
        }
    }
}
