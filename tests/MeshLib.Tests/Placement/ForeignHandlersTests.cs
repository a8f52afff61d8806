using MeshLib.TestKit;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Http;
using Microsoft.Extensions.Http.Resilience;
using Microsoft.Extensions.Logging;
using Polly;

namespace MeshLib.Tests.Placement;

/// <summary>What other packages put into a mesh client's chain.</summary>
public class ForeignHandlersTests
{
    private const int TakenOut = 400;
    private const int RetriesOutside = 401;

    [Fact]
    public async Task ResilienceHandlerOfTheUsers_WhenItRetries_StaysAndIsWarnedAboutOnce()
    {
        await using var mesh = Mesh(static builder => builder.AddResilienceHandler("mine", static pipeline => pipeline.AddRetry(AtOnce())));
        mesh.Transport.AnswerWith(500);

        await mesh.GetAsync();
        RotateHandlers(mesh);

        // Two tries of the user's pipeline, each of three attempts.
        Assert.Equal(6, mesh.Transport.Attempts);
        var warning = Assert.Single(mesh.Logs.WithEvent(RetriesOutside));
        Assert.Equal(LogLevel.Warning, warning.Level);
        Assert.Contains("'orders-mine'", warning.Message, StringComparison.Ordinal);
        Assert.Empty(mesh.Logs.WithEvent(TakenOut));
    }

    [Fact]
    public async Task ResilienceHandlerOfTheUsers_WhenItOnlyLimitsTime_StaysWithoutAWord()
    {
        IList<DelegatingHandler> chain = [];
        await using var mesh = Mesh(builder => builder
            .ConfigureAdditionalHttpMessageHandlers((handlers, _) => chain = handlers)
            .AddResilienceHandler("mine", static pipeline => pipeline.AddTimeout(TimeSpan.FromSeconds(20))));

        await mesh.GetAsync();

        Assert.Single(chain.OfType<ResilienceHandler>());
        Assert.Empty(mesh.Logs.WithEvent(TakenOut));
    }

    [Fact]
    public async Task KeepResilienceHandlers_InConfiguration_KeepsMicrosoftsAndSaysThatItRetries()
    {
        IList<DelegatingHandler> chain = [];
        await using var mesh = Mesh(
            builder => builder.ConfigureAdditionalHttpMessageHandlers((handlers, _) => chain = handlers).AddStandardResilienceHandler(),
            ("Mesh:KeepResilienceHandlers", "true"));

        await mesh.GetAsync();

        Assert.Single(chain.OfType<ResilienceHandler>());
        Assert.Contains("'orders-standard'", Assert.Single(mesh.Logs.WithEvent(RetriesOutside)).Message, StringComparison.Ordinal);
        Assert.Empty(mesh.Logs.WithEvent(TakenOut));
    }

    [Fact]
    public async Task StandardHedgingHandler_OnAMeshClient_IsTakenOutAndSaidOncePerPipeline()
    {
        IList<DelegatingHandler> chain = [];
        await using var mesh = Mesh(builder =>
        {
            builder.ConfigureAdditionalHttpMessageHandlers((handlers, _) => chain = handlers);
            builder.AddStandardHedgingHandler();
        });
        mesh.Transport.AnswerWith(500);

        Assert.Equal(500, await mesh.GetAsync());
        RotateHandlers(mesh);

        Assert.Empty(chain.OfType<ResilienceHandler>());
        Assert.Equal(3, mesh.Transport.Attempts);
        var said = mesh.Logs.WithEvent(TakenOut);
        Assert.Equal(said.Count, said.DistinctBy(static entry => entry.Message).Count());
        Assert.All(said, static entry => Assert.Contains("hedging", entry.Message, StringComparison.Ordinal));
    }

    [Fact]
    public async Task StandardResilienceHandler_OfAClientOutsideTheMesh_Stays()
    {
        IList<DelegatingHandler> chain = [];
        await using var mesh = Mesh(static _ => { }, configure: services => services.AddHttpClient("outsider")
            .ConfigureAdditionalHttpMessageHandlers((handlers, _) => chain = handlers).AddStandardResilienceHandler());

        await mesh.GetAsync("http://elsewhere/", "outsider");

        Assert.Single(chain.OfType<ResilienceHandler>());
        Assert.Empty(mesh.Logs.WithEvent(TakenOut));
    }

    private static HttpRetryStrategyOptions AtOnce() => new() { MaxRetryAttempts = 1, Delay = TimeSpan.Zero };

    /// <summary>Builds the client's chain anew, as the factory does every two minutes.</summary>
    private static void RotateHandlers(TestMesh mesh)
    {
        var builder = mesh.Services.GetRequiredService<HttpMessageHandlerBuilder>();
        builder.Name = "orders";
        var actions = mesh.Services.GetRequiredService<Microsoft.Extensions.Options.IOptionsMonitor<HttpClientFactoryOptions>>().Get("orders").HttpMessageHandlerBuilderActions;
        Action<HttpMessageHandlerBuilder> configure = chain =>
        {
            foreach (var action in actions)
            {
                action(chain);
            }
        };
        foreach (var filter in mesh.Services.GetServices<IHttpMessageHandlerBuilderFilter>().Reverse())
        {
            configure = filter.Configure(configure);
        }

        configure(builder);
    }

    private static TestMesh Mesh(Action<IHttpClientBuilder> orders, params (string, string)[] settings) => Mesh(orders, null, settings);

    private static TestMesh Mesh(Action<IHttpClientBuilder> orders, Action<IServiceCollection>? configure, params (string, string)[] settings) => new(
        services =>
        {
            services.AddMesh().AddEndpoints("orders", TestMesh.First, TestMesh.Second);
            orders(services.AddMeshClient("orders"));
            configure?.Invoke(services);
        },
        settings);
}
