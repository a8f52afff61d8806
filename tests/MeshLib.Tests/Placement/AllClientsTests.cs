using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Http;

namespace MeshLib.Tests.Placement;

/// <summary>The mesh for every client of the factory, and the ways out of it.</summary>
public class AllClientsTests
{
    public static TheoryData<bool> Ways => [true, false];

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task EveryClient_WhenTheMeshIsForAll_ReachesKnownServicesAndPassesUnknownHostsThrough(bool byDefaults)
    {
        await using var mesh = All(byDefaults);

        await mesh.GetAsync("http://orders/a?b=c", "anyone");
        await mesh.GetAsync("http://unknown.example/a?b=c", "anyone");

        Assert.Equal([$"{TestMesh.First}/a?b=c", "http://unknown.example/a?b=c"], mesh.Transport.Requests.Select(static request => request.Uri.ToString()));
        Assert.NotNull(mesh.Transport.Requests[0].MeshTimeout);
        Assert.Empty(mesh.Transport.Requests[1].Headers);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task EveryClient_WhenTheMeshIsForAll_KeepsItsTimeoutAndItsPrimaryHandler(bool byDefaults)
    {
        HttpMessageHandler? before = null;
        HttpMessageHandler? after = null;
        var services = new ServiceCollection();
        services.AddHttpClient("anyone").ConfigureHttpClient(static client => client.Timeout = TimeSpan.FromSeconds(7));
        services.Configure<HttpClientFactoryOptions>("anyone", options => options.HttpMessageHandlerBuilderActions.Add(builder => before = builder.PrimaryHandler));
        AddToAll(services, byDefaults);
        services.PostConfigure<HttpClientFactoryOptions>("anyone", options => options.HttpMessageHandlerBuilderActions.Add(builder => after = builder.PrimaryHandler));
        await using var provider = services.BuildServiceProvider();

        using var client = provider.GetRequiredService<IHttpClientFactory>().CreateClient("anyone");

        Assert.Equal(TimeSpan.FromSeconds(7), client.Timeout);
        Assert.Same(before, after);
        var sockets = Assert.IsType<SocketsHttpHandler>(after);
        Assert.True(sockets.AllowAutoRedirect);
        Assert.True(sockets.UseProxy);
        Assert.Equal(Timeout.InfiniteTimeSpan, sockets.ConnectTimeout);
        Assert.Equal(Timeout.InfiniteTimeSpan, sockets.KeepAlivePingDelay);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task RemoveMesh_WhenTheMeshIsForAll_TakesOutThatClientAlone(bool byDefaults)
    {
        await using var mesh = All(byDefaults, static services => services.AddHttpClient("outsider").RemoveMesh());

        await mesh.GetAsync("http://orders/", "outsider");
        await mesh.GetAsync("http://orders/", "anyone");

        Assert.Equal(["http://orders", TestMesh.First], mesh.Endpoints);
    }

    [Fact]
    public async Task RemoveMesh_OnTheDefaults_StillLeavesTheClientsNamedOneByOne()
    {
        await using var mesh = All(byDefaults: false, static services =>
        {
            services.ConfigureHttpClientDefaults(static http => http.RemoveMesh());
            services.AddMeshClient("orders");
        });

        await mesh.GetAsync("http://orders/", "anyone");
        await mesh.GetAsync("http://orders/", "orders");

        Assert.Equal(["http://orders", TestMesh.First], mesh.Endpoints);
    }

    [Fact]
    public void AddMeshHandler_WithAPolicyOnTheDefaults_SaysWhereSuchAPolicyBelongs()
    {
        var services = new ServiceCollection();

        var error = Assert.Throws<ArgumentException>(() =>
            services.ConfigureHttpClientDefaults(static http => http.AddMeshHandler(static policy => policy.Timeout = TimeSpan.FromSeconds(1))));

        Assert.Equal("configure", error.ParamName);
        Assert.Contains("Mesh:Defaults", error.Message, StringComparison.Ordinal);
    }

    private static TestMesh All(bool byDefaults, Action<IServiceCollection>? configure = null) => new(services =>
    {
        services.AddMesh().AddEndpoints("orders", TestMesh.First);
        AddToAll(services, byDefaults);
        configure?.Invoke(services);
    });

    private static void AddToAll(IServiceCollection services, bool byDefaults)
    {
        if (byDefaults)
        {
            services.ConfigureHttpClientDefaults(static http => http.AddMeshHandler());
        }
        else
        {
            services.AddMeshToAllHttpClients();
        }
    }
}
