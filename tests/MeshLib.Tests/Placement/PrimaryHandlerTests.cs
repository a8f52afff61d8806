using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Http;

namespace MeshLib.Tests.Placement;

/// <summary>The primary handler that mesh clients get, and the user's word over it.</summary>
public class PrimaryHandlerTests
{
    [Fact]
    public void PrimaryHandler_WhenTheAttemptTimeoutIsShort_ConnectsWithinHalfOfIt()
    {
        var sockets = Assert.IsType<SocketsHttpHandler>(PrimaryOf(static services =>
            services.AddMeshClient("orders", static policy => policy.AttemptTimeout = TimeSpan.FromSeconds(1))));

        Assert.Equal(TimeSpan.FromSeconds(0.5), sockets.ConnectTimeout);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void UseSocketsHttpHandler_BeforeOrAfterTheMesh_ChangesWhatItNamesAndNothingElse(bool before)
    {
        var sockets = Assert.IsType<SocketsHttpHandler>(PrimaryOf(services =>
        {
            void Configure() => services.AddHttpClient("orders").UseSocketsHttpHandler(static (handler, _) =>
            {
                handler.AllowAutoRedirect = true;
                handler.ConnectTimeout = TimeSpan.FromSeconds(9);
            });
            if (before)
            {
                Configure();
            }

            services.AddMeshClient("orders");
            if (!before)
            {
                Configure();
            }
        }));

        Assert.True(sockets.AllowAutoRedirect);
        Assert.Equal(TimeSpan.FromSeconds(9), sockets.ConnectTimeout);
        Assert.False(sockets.UseProxy);
        Assert.Equal(TimeSpan.FromSeconds(15), sockets.KeepAlivePingDelay);
    }

    [Fact]
    public void ConfigurePrimaryHttpMessageHandler_OnTheDefaults_Wins()
    {
        using var own = new HttpClientHandler();

        Assert.Same(own, PrimaryOf(services =>
        {
            services.AddMeshClient("orders");
            services.ConfigureHttpClientDefaults(http => http.ConfigurePrimaryHttpMessageHandler(() => own));
        }));
    }

    private static HttpMessageHandler? PrimaryOf(Action<IServiceCollection> configure, string client = "orders")
    {
        HttpMessageHandler? primary = null;
        var services = new ServiceCollection();
        configure(services);
        services.PostConfigure<HttpClientFactoryOptions>(client, options => options.HttpMessageHandlerBuilderActions.Add(builder => primary = builder.PrimaryHandler));
        using var provider = services.BuildServiceProvider();
        using var made = provider.GetRequiredService<IHttpClientFactory>().CreateClient(client);
        return primary;
    }
}
