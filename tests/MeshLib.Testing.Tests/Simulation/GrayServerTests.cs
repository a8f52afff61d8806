using MeshLib.Testing.Simulation;
using Microsoft.Extensions.Configuration;
using static MeshLib.Testing.Tests.Simulation.Scenarios;

namespace MeshLib.Testing.Tests.Simulation;

/// <summary>A server that is neither well nor sick: of four, one takes 2 s over five calls in a hundred.</summary>
[Trait("Scenario", "E13")]
public class GrayServerTests
{
    private static readonly SimulationScenario Gray = new()
    {
        Name = "gray",
        Servers = Equal(4, ServerFault.Delayed(Seconds(0), Seconds(30), Seconds(2), share: 0.05)),
        Load = [new(TimeSpan.Zero, 200)],
        Work = TenMilliseconds,
        Duration = Seconds(30),
        SuccessWithin = Seconds(1.5),
    };

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void E13_WhenOneOfFourIsGray_CallsSucceedWithoutHedging(int seed)
    {
        var policy = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Mesh:Services:orders:Timeout"] = "00:00:01.5",
            ["Mesh:Services:orders:AttemptTimeout"] = "00:00:00.5",
            ["Mesh:Services:orders:Retry:MaxAttempts"] = "3",
            ["Mesh:Services:orders:Retry:Budget:Ratio"] = "0.1",
            ["Mesh:Services:orders:Retry:Budget:MinPerSecond"] = "1",
            ["Mesh:Services:orders:Bulkhead:MaxConcurrency"] = "64",
            ["Mesh:Services:orders:CircuitBreaker:ConsecutiveFailures"] = "5",
            ["Mesh:Services:orders:LoadBalancing:PanicThreshold"] = "0.5",
        }).Build();

        var result = Simulator.Run(Gray, SimulatedClient.Mesh("orders", policy), seed);

        Assert.True(result.Success >= 0.99, result.ToString());
        Assert.True(result.Amplification <= 1.02, result.ToString());
        Assert.True(result.P999 <= Seconds(0.7), result.ToString());
    }

    /// <summary>What there is to be saved: a hundredth of all calls and more.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void E13_WhenNobodyLooks_TooManyCallsAreLate(int seed)
    {
        var result = Simulator.Run(Gray, SimulatedClient.Balancer("RoundRobin"), seed);

        Assert.True(result.Success is > 0.98 and < 0.99, result.ToString());
    }
}
