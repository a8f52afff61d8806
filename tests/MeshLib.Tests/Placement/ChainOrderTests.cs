using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Http;

namespace MeshLib.Tests.Placement;

/// <summary>Where the mesh handler stands in a client's chain.</summary>
public class ChainOrderTests
{
    [Fact]
    public async Task UsersHandler_WhenACallTakesTwoAttempts_RunsOnceAndSeesTheLogicalAddress()
    {
        var seen = new List<Uri?>();
        await using var mesh = new TestMesh(services =>
        {
            services.AddMesh().AddEndpoints("orders", TestMesh.First, TestMesh.Second);
            services.AddMeshClient("orders").AddHttpMessageHandler(() => new CountingHandler(request =>
            {
                seen.Add(request.RequestUri);
                request.Headers.Authorization = new("Bearer", $"token-{seen.Count}");
            }));
        });
        mesh.Transport.Answer(static request => TestKit.ScriptedTransport.Response(request.Number == 1 ? 503 : 200));

        Assert.Equal(200, await mesh.GetAsync("/list?page=2"));

        Assert.Equal(new Uri("http://orders/list?page=2"), Assert.Single(seen));
        Assert.Equal(["Bearer token-1", "Bearer token-1"], mesh.Transport.Requests.Select(static request => request.Header("Authorization")));
    }

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

    [Fact]
    public async Task MeshHandler_BelowAnotherOne_LetsTheRequestPassUntouched()
    {
        await using var mesh = new TestMesh(static services =>
        {
            services.AddMesh(static options => options.Services["orders"].Bulkhead.MaxConcurrency = 1).AddEndpoints("orders", TestMesh.First, TestMesh.Second);
            services.AddMeshClient("orders");
        });
        using var nested = new HttpMessageInvoker(mesh.Services.GetRequiredService<IMeshHandlerFactory>().CreateHandler(
            mesh.Services.GetRequiredService<IMeshHandlerFactory>().CreateHandler(mesh.Transport)));
        mesh.Transport.AnswerWith(503);
        using var request = new HttpRequestMessage(HttpMethod.Get, "http://orders/");

        using var response = await nested.SendAsync(request, TestContext.Current.CancellationToken);

        // Three attempts of one mesh, not nine of two; and a bulkhead of one was entered once.
        Assert.Equal(3, mesh.Transport.Attempts);
        Assert.Equal(3, response.GetMeshReport()?.Attempts.Count);
        Assert.All(mesh.Endpoints, static endpoint => Assert.StartsWith("http://10.0.0.", endpoint, StringComparison.Ordinal));
    }

    [Fact]
    public async Task MeshHandler_WhenAnotherFilterAddsHandlersLater_StaysInnermostOfThoseConfiguredOnTheClient()
    {
        HttpMessageHandlerBuilder? built = null;
        await using var mesh = new TestMesh(services =>
        {
            services.AddMesh().AddEndpoints("orders", TestMesh.First);
            services.AddMeshClient("orders").ConfigureAdditionalHttpMessageHandlers(static (handlers, _) => handlers.Add(new CountingHandler(static _ => { })));
            services.Configure<HttpClientFactoryOptions>("orders", options => options.HttpMessageHandlerBuilderActions.Add(builder => built = builder));
        });

        await mesh.GetAsync();

        var handlers = built!.AdditionalHandlers;
        Assert.Equal(handlers.Count - 2, handlers.IndexOf(handlers.OfType<MeshHandler>().Single()));
        Assert.StartsWith("Logging", handlers[^1].GetType().Name, StringComparison.Ordinal);
    }
}
