using MeshLib.TestKit;
using Microsoft.Extensions.DependencyInjection;

namespace MeshLib.Tests.Placement;

/// <summary>Handlers made by <see cref="IMeshHandlerFactory"/>, and requests that go their own way.</summary>
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

    [Fact]
    public async Task BypassMesh_ForAKnownService_SendsTheRequestAsItIs()
    {
        await using var mesh = TestMesh.Orders();
        using var request = new HttpRequestMessage(HttpMethod.Get, "http://orders/");
        request.BypassMesh();

        using var response = await mesh.Client().SendAsync(request, TestContext.Current.CancellationToken);

        var sent = Assert.Single(mesh.Transport.Requests);
        Assert.Equal("http://orders/", sent.Uri.ToString());
        Assert.Empty(sent.Headers);
        Assert.Null(response.GetMeshReport());
    }

    [Theory]
    [InlineData(TestMesh.First)]
    [InlineData(TestMesh.Second)]
    public async Task PinMeshEndpoint_ToAKnownOne_GoesThereOnceWhateverItsHealth(string pinned)
    {
        await using var mesh = TestMesh.Orders(static options => options.Services["orders"].CircuitBreaker.ConsecutiveFailures = 1);
        mesh.Transport.AnswerWith(503);
        for (var call = 0; call < 5; call++)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "http://orders/");
            request.PinMeshEndpoint(new Uri(pinned));
            using var response = await mesh.Client().SendAsync(request, TestContext.Current.CancellationToken);
            Assert.Equal(503, (int)response.StatusCode);
        }

        Assert.Equal(Enumerable.Repeat(pinned, 5), mesh.Endpoints);
    }

    [Fact]
    public async Task PinMeshEndpoint_ToAnUnknownOne_IsRefusedAndNamed()
    {
        await using var mesh = TestMesh.Orders();
        using var request = new HttpRequestMessage(HttpMethod.Get, "http://orders/");
        request.PinMeshEndpoint(new Uri("http://10.9.9.9:8080"));

        var refused = await Assert.ThrowsAsync<NoEndpointAvailableException>(() => mesh.Client().SendAsync(request, TestContext.Current.CancellationToken));

        Assert.Equal(OutcomeReason.PinnedEndpointUnknown, refused.Reason);
        Assert.Equal(0, refused.Attempts);
        Assert.Contains("http://10.9.9.9:8080", refused.Message, StringComparison.Ordinal);
        Assert.Contains("'orders'", refused.Message, StringComparison.Ordinal);
        Assert.Equal(0, mesh.Transport.Attempts);
    }
}
