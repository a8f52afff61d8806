using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Http.Resilience;

namespace MeshLib.Tests.Placement;

/// <summary>What other packages put into a mesh client's chain.</summary>
public class ForeignHandlersTests
{
    private const int TakenOut = 400;
    private const int RetriesOutside = 401;

    [Fact]
    public async Task KeepResilienceHandlers_InConfiguration_KeepsMicrosoftsAndSaysThatItRetries()
    {
        IList<DelegatingHandler> chain = [];
        await using var mesh = new TestMesh(
            services =>
            {
                services.AddMesh().AddEndpoints("orders", TestMesh.First);
                services.AddMeshClient("orders").ConfigureAdditionalHttpMessageHandlers((handlers, _) => chain = handlers).AddStandardResilienceHandler();
            },
            ("Mesh:KeepResilienceHandlers", "true"));

        await mesh.GetAsync();

        Assert.Single(chain.OfType<ResilienceHandler>());
        Assert.Contains("'orders-standard'", Assert.Single(mesh.Logs.WithEvent(RetriesOutside)).Message, StringComparison.Ordinal);
        Assert.Empty(mesh.Logs.WithEvent(TakenOut));
    }
}
