using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace MeshLib.Tests.Placement;

/// <summary>The ways in which a client comes into the mesh.</summary>
public class ClientRegistrationTests
{
    [Fact]
    public async Task AddMeshHandler_OnAClientThatExists_KeepsItsAddressAndTakesItsService()
    {
        await using var mesh = new TestMesh(static services =>
        {
            services.AddMesh().AddEndpoints("orders", TestMesh.First);
            services.AddHttpClient("shop", static client => client.BaseAddress = new Uri("http://orders/v2/")).AddMeshHandler();
        });

        await mesh.GetAsync("list", "shop");

        Assert.Equal($"{TestMesh.First}/v2/list", Assert.Single(mesh.Transport.Requests).Uri.ToString());
    }

    [Fact]
    public async Task AddMeshClient_WhenTheClientHasAnAddress_LeavesIt()
    {
        await using var mesh = new TestMesh(static services =>
        {
            services.AddMesh().AddEndpoints("orders", TestMesh.First);
            services.AddHttpClient("orders", static client => client.BaseAddress = new Uri("http://orders/v2/"));
            services.AddMeshClient("orders");
        });

        await mesh.GetAsync("list");

        Assert.Equal($"{TestMesh.First}/v2/list", Assert.Single(mesh.Transport.Requests).Uri.ToString());
    }

    [Fact]
    public async Task AddMeshClient_OfAType_IsNamedAfterTheTypeAndHasThatClientsPolicy()
    {
        await using var mesh = new TestMesh(
            static services =>
            {
                services.AddMesh().AddEndpoints("orders", TestMesh.First);
                services.AddMeshClient<IOrders, Orders>("orders");
            },
            ("Mesh:Clients:IOrders:Timeout", "00:00:02"));

        using var response = await mesh.Services.GetRequiredService<IOrders>().ListAsync();

        var request = Assert.Single(mesh.Transport.Requests);
        Assert.Equal($"{TestMesh.First}/list", request.Uri.ToString());
        Assert.Equal("2000m", request.MeshTimeout);
    }

    [Fact]
    public async Task AddMeshClient_OfANamedEndpoint_GoesToThatEndpointAndSharesNoBreakerWithTheService()
    {
        const string Admin = "http://10.0.0.9:9090";
        await using var mesh = new TestMesh(
            static services =>
            {
                services.AddMesh(static options => options.Services["orders"].CircuitBreaker.ConsecutiveFailures = 1);
                services.AddMeshClient("_admin.orders");
                services.AddMeshClient("orders");
            },
            ("Services:orders:http:0", TestMesh.First),
            ("Services:orders:admin:0", Admin));
        mesh.Transport.Answer(static request => TestKit.ScriptedTransport.Response(request.Endpoint == Admin ? 503 : 200));

        Assert.Equal(503, await mesh.GetAsync("/", "_admin.orders"));
        await Assert.ThrowsAsync<NoEndpointAvailableException>(() => mesh.GetAsync("/", "_admin.orders"));
        Assert.Equal(200, await mesh.GetAsync("/", "orders"));

        Assert.Equal([Admin, TestMesh.First], mesh.Endpoints);
    }

    [Theory]
    [InlineData("https", "https://10.0.0.1:8443")]
    [InlineData("http", "http://10.0.0.1:8080")]
    public async Task AddMeshClient_OfSeveralSchemes_TakesTheFirstThatTheServiceHas(string configured, string address)
    {
        await using var mesh = new TestMesh(
            static services => services.AddMeshClient("https+http://orders"),
            ($"Services:orders:{configured}:0", address));

        await mesh.GetAsync("/", "https+http://orders");

        Assert.Equal([address], mesh.Endpoints);
        Assert.Equal("orders", Assert.Single(mesh.Directory.Services).Name);
    }

    [Fact]
    public async Task ClientsPolicy_WhenTheClientIsRegisteredTwice_IsBothTogetherAndTheLaterWins()
    {
        await using var mesh = new TestMesh(static services =>
        {
            services.AddMesh().AddEndpoints("orders", TestMesh.First, TestMesh.Second);
            services.AddMeshClient("orders", static policy => (policy.Timeout, policy.Retry.MaxAttempts) = (TimeSpan.FromSeconds(1), 2));
            services.AddHttpClient("orders").AddMeshHandler(static policy => policy.Timeout = TimeSpan.FromSeconds(2));
        });
        mesh.Transport.AnswerWith(500);

        await mesh.GetAsync();

        Assert.Equal(["2000m", "2000m"], mesh.Transport.Requests.Select(static request => request.MeshTimeout));
    }

    [Fact]
    public async Task ClientsPolicy_OfAHandlerAddedToAClient_HoldsForEveryServiceThatItCallsAndForNoOtherClient()
    {
        await using var mesh = new TestMesh(static services =>
        {
            services.AddMesh().AddEndpoints("orders", TestMesh.First).AddEndpoints("stock", TestMesh.Second);
            services.AddHttpClient("hasty").AddMeshHandler(static policy => policy.Timeout = TimeSpan.FromSeconds(1));
            services.AddMeshClient("orders");
        });

        await mesh.GetAsync("http://orders/", "hasty");
        await mesh.GetAsync("http://stock/", "hasty");
        await mesh.GetAsync();

        Assert.Equal(["1000m", "1000m", "3000m"], mesh.Transport.Requests.Select(static request => request.MeshTimeout));
    }

    [Fact]
    public async Task ClientsPolicy_WithWhatAllClientsShare_FailsAndNamesTheRightPlace()
    {
        await using var mesh = new TestMesh(static services => services.AddMeshClient("orders", static policy => policy.Bulkhead.MaxConcurrency = 1));

        var error = Assert.Throws<OptionsValidationException>(() => mesh.Client());

        Assert.Contains("Bulkhead:MaxConcurrency", error.Message, StringComparison.Ordinal);
        Assert.Contains("orders", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task RemoveMesh_OnTheOnlyClientOfAService_LeavesTheServiceUndeclared()
    {
        await using var mesh = new TestMesh(static services =>
        {
            services.AddMeshClient("orders").RemoveMesh();
            services.AddMeshClient("stock");
        });

        Assert.Equal(["stock"], mesh.Directory.Services.Select(static service => service.Name));
    }

    [Theory]
    [InlineData("bad name")]
    [InlineData("http://")]
    [InlineData("orders:port")]
    [InlineData("ftp://orders")]
    [InlineData("file:///etc/hosts")]
    public void AddMeshClient_OfABadName_SaysWhichAndWhatIsNeeded(string service)
    {
        var error = Assert.Throws<ArgumentException>(() => new ServiceCollection().AddMeshClient(service));

        Assert.Equal("service", error.ParamName);
        Assert.Contains($"'{service}'", error.Message, StringComparison.Ordinal);
        Assert.Contains("https+http://orders", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    public void AddMeshClient_OfNoName_IsAnArgumentError(string service) =>
        Assert.Equal("service", Assert.ThrowsAny<ArgumentException>(() => new ServiceCollection().AddMeshClient(service)).ParamName);

    [Theory]
    [InlineData("10.0.0.1:8080")]
    [InlineData("ftp://10.0.0.1")]
    [InlineData("/orders")]
    public void AddEndpoints_OfABadAddress_SaysWhich(string address)
    {
        var error = Assert.Throws<ArgumentException>(() => new ServiceCollection().AddMesh().AddEndpoints("orders", TestMesh.First, address));

        Assert.Contains($"'{address}'", error.Message, StringComparison.Ordinal);
        Assert.Contains("'orders'", error.Message, StringComparison.Ordinal);
    }

    private interface IOrders
    {
        Task<HttpResponseMessage> ListAsync();
    }

#pragma warning disable CA1812 // The factory makes it.
    private sealed class Orders(HttpClient client) : IOrders
#pragma warning restore CA1812
    {
        public Task<HttpResponseMessage> ListAsync() => client.GetAsync(new Uri("/list", UriKind.Relative));
    }
}
