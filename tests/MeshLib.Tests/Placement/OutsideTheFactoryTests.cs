using MeshLib.TestKit;
using Microsoft.Extensions.DependencyInjection;

namespace MeshLib.Tests.Placement;

/// <summary>Handlers made by <see cref="IMeshHandlerFactory"/>.</summary>
public class OutsideTheFactoryTests
{
    [Fact]
    public async Task CreateHandler_BesideAClientOfTheFactory_SharesEndpointsAndBreakersWithIt()
    {
        await using var mesh = TestMesh.Orders(static options => options.Services["orders"].CircuitBreaker.ConsecutiveFailures = 1, endpoints: 1);
        using var own = new HttpClient(mesh.Services.GetRequiredService<IMeshHandlerFactory>().CreateHandler(mesh.Transport), disposeHandler: false);
        mesh.Transport.AnswerWith(503);

        using (var answer = await own.GetAsync(new Uri("http://orders/"), TestContext.Current.CancellationToken))
        {
            Assert.Equal(503, (int)answer.StatusCode);
        }

        var refused = await Assert.ThrowsAsync<NoEndpointAvailableException>(() => mesh.GetAsync());
        Assert.Equal(OutcomeReason.AllEndpointsOpen, refused.Reason);
        Assert.Equal(EndpointState.Open, Assert.Single(Assert.Single(mesh.Directory.Services).Endpoints).State);
        Assert.Equal(1, mesh.Transport.Attempts);
    }
}
