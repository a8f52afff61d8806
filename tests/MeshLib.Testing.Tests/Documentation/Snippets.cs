using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using MeshLib.Testing.Simulation;

namespace MeshLib.Testing.Tests.Documentation;

/// <summary>What the package's README shows, compiled and run.</summary>
public sealed class Snippets
{
    [Fact]
    public async Task AnApplication_WithANeighbourInMemory()
    {
        #region application
        var pricing = new FakeService("pricing", instances: 2).Answers(FakeAnswer.Ok("9.99"));
        pricing[0].Answers(FakeAnswer.Refused);

        await using var catalog = new WebApplicationFactory<Program>().WithWebHostBuilder(host => host
            .ConfigureTestServices(services => services.AddMeshTesting()));
        await using var application = new WebApplicationFactory<Program>().WithWebHostBuilder(host => host
            .ConfigureTestServices(services => services.AddMeshTesting(testing => testing
                .Route("catalog", catalog.Server.CreateHandler())
                .Route(pricing))));

        using var client = application.CreateClient();
        Assert.Equal("product 7 for 9.99", await client.GetStringAsync("/offers/7"));
        #endregion
    }

    [Fact]
    public void AFleet_OneOfWhichHangs()
    {
        var configuration = new ConfigurationBuilder().Build();

        #region simulation
        var scenario = new SimulationScenario
        {
            Servers = [new SimulatedServer { Faults = [ServerFault.Hanging(TimeSpan.FromSeconds(20), TimeSpan.FromSeconds(30))] }, new SimulatedServer(), new SimulatedServer()],
            Clients = 4,
            Load = [new LoadPhase(TimeSpan.Zero, RequestsPerSecond: 300)],
            Work = ServiceTime.Exponential(TimeSpan.FromMilliseconds(10)),
            Duration = TimeSpan.FromMinutes(1),
        };

        var result = Simulator.Run(scenario, SimulatedClient.Mesh("orders", configuration), seed: 1);
        Assert.True(result.Success > 0.999, result.ToString()); // the seed comes first in the text
        #endregion
    }
}
