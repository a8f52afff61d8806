using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Http;

namespace MeshLib.Tests.Placement;

/// <summary>Where the mesh handler stands in a client's chain.</summary>
public class ChainOrderTests
{
    [Fact]
    public async Task FactorysLogging_WhenACallTakesTwoAttempts_LogsTheCallOnceOutsideAndEachAttemptInside()
    {
        await using var mesh = TestMesh.Orders();
        mesh.Transport.Answer(static request => TestKit.ScriptedTransport.Response(request.Number == 1 ? 503 : 200));

        await mesh.GetAsync("/list");

        var outside = mesh.Logs.Of("System.Net.Http.HttpClient.orders.LogicalHandler").Where(static entry => entry.EventId.Name == "RequestPipelineStart");
        var inside = mesh.Logs.Of("System.Net.Http.HttpClient.orders.ClientHandler").Where(static entry => entry.EventId.Name == "RequestStart").ToList();
        Assert.Contains("http://orders/list", Assert.Single(outside).Message, StringComparison.Ordinal);
        Assert.Equal(2, inside.Count);
        Assert.All(inside.Zip(mesh.Endpoints), static pair => Assert.Contains(pair.Second, pair.First.Message, StringComparison.Ordinal));
    }

    [Fact]
    public async Task MeshHandler_WhenTheClientIsRegisteredTwice_IsInTheChainOnce()
    {
        IList<DelegatingHandler> chain = [];
        await using var mesh = new TestMesh(services =>
        {
            services.AddMesh().AddEndpoints("orders", TestMesh.First, TestMesh.Second);
            services.AddMeshClient("orders").ConfigureAdditionalHttpMessageHandlers((handlers, _) => chain = handlers);
            services.AddMeshClient("orders");
            services.AddHttpClient("orders").AddMeshHandler();
            services.ConfigureHttpClientDefaults(static http => http.AddMeshHandler());
        });
        mesh.Transport.AnswerWith(503);

        Assert.Equal(503, await mesh.GetAsync());

        Assert.Single(chain.OfType<MeshHandler>());
        Assert.Equal(3, mesh.Transport.Attempts);
        Assert.Equal(Timeout.InfiniteTimeSpan, mesh.Client().Timeout);
    }
}
