using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;

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
}
