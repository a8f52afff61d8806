using MeshLib.TestKit;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Http.Resilience;

namespace MeshLib.Tests.Placement;

/// <summary>What other packages put into a mesh client's chain.</summary>
public class ForeignHandlersTests
{
    private const int TakenOut = 400;
    private const int RetriesOutside = 401;
    private const int MicrosoftsRetries = 5;

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

    public static TheoryData<bool> Clients => [true, false];

    [Theory]
    [MemberData(nameof(Clients))]
    public async Task MicrosoftsHandlers_ForAHostThatIsPassedThrough_WorkAsWithoutTheMesh(bool forAll)
    {
        await using var mesh = WithTemplate(forAll);
        mesh.Transport.AnswerWith(503);

        Assert.Equal(503, await mesh.GetAsync("http://api.example.com/"));

        Assert.Equal(1 + MicrosoftsRetries, mesh.Transport.AttemptsTo("http://api.example.com"));
        Assert.All(mesh.Transport.Requests, static request => Assert.Empty(request.Headers));
    }

    [Theory]
    [MemberData(nameof(Clients))]
    public async Task MicrosoftsHandlers_ForAServiceOfTheMesh_RepeatNothing(bool forAll)
    {
        await using var mesh = WithTemplate(forAll);
        mesh.Transport.AnswerWith(503);

        Assert.Equal(503, await mesh.GetAsync());

        Assert.Equal(3, mesh.Transport.Attempts);
        Assert.All(mesh.Transport.Requests, static request => Assert.NotNull(request.MeshTimeout));
    }

    [Fact]
    public async Task BypassedRequest_IsResolvedAndRepeatedByMicrosoftsHandlers()
    {
        await using var mesh = WithTemplate(forAll: false);
        mesh.Transport.AnswerWith(503);
        using var request = new HttpRequestMessage(HttpMethod.Get, "http://orders/");
        request.BypassMesh();

        using var response = await mesh.Client().SendAsync(request).WithinHangLimit();

        Assert.Equal(1 + MicrosoftsRetries, mesh.Transport.Attempts);
        Assert.All(mesh.Endpoints, static endpoint => Assert.Contains(endpoint, new[] { TestMesh.First, TestMesh.Second }));
    }

    [Fact]
    public async Task SynchronousRequest_ThatIsPassedThrough_IsRepeatedByMicrosoftsHandlers()
    {
        await using var mesh = WithTemplate(forAll: true);
        mesh.Transport.AnswerWith(503);

        using var response = await Task.Run(() => mesh.Client().Send(new HttpRequestMessage(HttpMethod.Get, "http://api.example.com/"), HttpCompletionOption.ResponseHeadersRead)).WithinHangLimit();

        Assert.Equal(1 + MicrosoftsRetries, mesh.Transport.Attempts);
    }

    [Fact]
    public async Task HandlersOfTheUser_ForAHostThatIsPassedThrough_RunOncePerCall()
    {
        var calls = 0;
        await using var mesh = WithTemplate(forAll: true, services => services.AddHttpClient("orders").AddHttpMessageHandler(() => new Counting(() => calls++)));
        mesh.Transport.AnswerWith(503);

        await mesh.GetAsync("http://api.example.com/");

        Assert.Equal(1, calls);
    }

    // As the Aspire template's AddServiceDefaults writes it.
    private static TestMesh WithTemplate(bool forAll, Action<IServiceCollection>? configure = null) => new(services =>
    {
        services.AddServiceDiscovery();
        services.ConfigureHttpClientDefaults(static http =>
        {
            http.AddStandardResilienceHandler(static options => (options.Retry.Delay, options.Retry.MaxRetryAttempts) = (TimeSpan.Zero, MicrosoftsRetries));
            http.AddServiceDiscovery();
        });
        var mesh = forAll ? services.AddMeshToAllHttpClients() : services.AddMesh();
        mesh.AddEndpoints("orders", TestMesh.First, TestMesh.Second);
        if (!forAll)
        {
            services.AddMeshClient("orders");
        }

        configure?.Invoke(services);
    });

    private sealed class Counting(Action called) : DelegatingHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            called();
            return base.SendAsync(request, cancellationToken);
        }
    }
}
