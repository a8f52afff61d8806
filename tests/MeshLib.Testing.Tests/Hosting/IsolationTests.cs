using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.ServiceDiscovery;

namespace MeshLib.Testing.Tests.Hosting;

/// <summary>What is taken out of a host, and what is left in it.</summary>
public sealed class IsolationTests : IAsyncDisposable
{
    /// <summary>The world: an agent of Consul, an instance in production, whatever there is to connect to.</summary>
    private readonly FaultServer _world = new();

    private readonly FakeService _orders = new FakeService("orders").Answers(FakeAnswer.Ok("from the test"));

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Consul_IsOutOfTheHost_InWhateverOrderItWasAdded(bool consulFirst)
    {
        var builder = Host.CreateApplicationBuilder();
        builder.Configuration["Mesh:Consul:Address"] = _world.Address.AbsoluteUri;
        builder.Configuration["Mesh:Consul:Enabled"] = "true";
        builder.Configuration["Mesh:Consul:Tls:CaFile"] = "/not/there.pem";
        builder.Configuration["Mesh:Registration:Port"] = "8080";
        if (consulFirst)
        {
            builder.Services.AddMesh().AddConsul();
        }

        builder.Services.AddMeshTesting(testing => testing.Route(_orders));
        if (!consulFirst)
        {
            builder.Services.AddMesh().AddConsul(static consul => consul.Token = "secret");
        }

        builder.Services.AddMeshClient("orders");
        using var host = builder.Build();
        await host.StartAsync().WithinHangLimit();

        Assert.Equal("from the test", await GetAsync(host.Services, "orders"));
        Assert.Empty((await host.Services.GetRequiredService<ServiceEndpointResolver>().GetEndpointsAsync("http://billing", CancellationToken.None)).Endpoints);

        await host.StopAsync().WithinHangLimit();
        Assert.Equal(0, _world.Counts.Connections);
    }

    [Fact]
    public async Task Endpoints_OfConfigurationAndCode_AreNotUsed()
    {
        var builder = Host.CreateApplicationBuilder();
        builder.Configuration["Services:orders:http:0"] = _world.Address.AbsoluteUri;
        builder.Services.AddMesh().AddEndpoints("orders", _world.Address.AbsoluteUri);
        builder.Services.AddMeshClient("orders");
        builder.Services.AddMeshTesting(testing => testing.Route(_orders));
        using var host = builder.Build();

        Assert.Equal("from the test", await GetAsync(host.Services, "orders"));
        Assert.Equal(0, _world.Counts.Connections);
    }

    [Fact]
    public async Task AService_ThatIsNotRouted_IsNamedInTheError()
    {
        var services = new ServiceCollection();
        services.AddMeshClient("payments");
        services.AddMeshTesting(testing => testing.Route(_orders).Route(new FakeService("catalog", instances: 3)));
        await using var host = services.BuildServiceProvider();

        var error = await Assert.ThrowsAsync<InvalidOperationException>(() => GetAsync(host, "payments"));

        Assert.Equal(
            "'payments' was called, which the test does not route; it routes 'catalog' (3), 'orders' (1). Nothing leaves a host with AddMeshTesting(): add testing.Route(new FakeService(\"payments\")) to it, or an instance to the service.",
            error.Message);
    }

    [Theory]
    [InlineData("http://api.example.com/")]
    [InlineData("http://10.0.0.1:8080/")]
    [InlineData("http://_admin.orders/")]
    public async Task AHost_ThatNobodyDeclared_IsNotLookedUpEither(string address)
    {
        var services = new ServiceCollection();
        services.AddMeshToAllHttpClients();
        services.AddMeshTesting(testing => testing.Route(_orders));
        await using var host = services.BuildServiceProvider();

        var error = await Assert.ThrowsAsync<InvalidOperationException>(() => Client(host, "").GetAsync(new Uri(address)).WithinHangLimit());

        Assert.StartsWith($"'{new Uri(address).Host}' was called", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AServerOfThisMachine_CanBeCalled()
    {
        var services = new ServiceCollection();
        services.AddMeshToAllHttpClients();
        services.AddMeshTesting();
        await using var host = services.BuildServiceProvider();

        using var response = await Client(host, "").GetAsync(_world.Address).WithinHangLimit();

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(1, _world.Counts.Connections);
    }

    [Fact]
    public async Task AStub_ThatTheTestHasPutBelowAClient_KeepsWhatIsNotRouted()
    {
        using var stub = new ScriptedTransport();
        stub.AnswerWith(200, "from the stub");
        var services = new ServiceCollection();
        services.AddMeshClient("payments").ConfigurePrimaryHttpMessageHandler(() => stub);
        services.AddMeshClient("orders").ConfigurePrimaryHttpMessageHandler(() => stub);
        services.AddMeshTesting(testing => testing.Route(_orders));
        await using var host = services.BuildServiceProvider();

        Assert.Equal("from the stub", await GetAsync(host, "payments"));
        Assert.Equal("from the test", await GetAsync(host, "orders"));
    }

    [Fact]
    public async Task AStub_ThatDerivesFromAHandlerOfTheNetwork_IsAStubAllTheSame()
    {
        var services = new ServiceCollection();
        services.AddMeshClient("payments").ConfigurePrimaryHttpMessageHandler(static () => new DerivedStub());
        services.AddMeshTesting();
        await using var host = services.BuildServiceProvider();

        Assert.Equal("from the stub", await GetAsync(host, "payments"));
    }

    [Fact]
    public async Task AnExternalService_IsRoutedByItsHost()
    {
        var services = new ServiceCollection();
        services.AddMesh(static options => options.Services["api.example.com"].External = true);
        services.AddMeshClient("https://api.example.com");
        services.AddMeshTesting(testing => testing.Route(new FakeService("api.example.com").Answers(FakeAnswer.Ok("foreign"))));
        await using var host = services.BuildServiceProvider();

        Assert.Equal("foreign", await GetAsync(host, "https://api.example.com"));
    }

    [Fact]
    public async Task ARequest_ThatBypassesTheMesh_ReachesTheServiceByItsName()
    {
        var services = new ServiceCollection();
        services.AddMeshClient("orders");
        services.AddMeshTesting(testing => testing.Route(_orders));
        await using var host = services.BuildServiceProvider();

        using var request = new HttpRequestMessage(HttpMethod.Get, "/orders/7");
        request.BypassMesh();
        using var response = await Client(host, "orders").SendAsync(request).WithinHangLimit();

        Assert.Null(response.GetMeshReport());
        Assert.Equal("from the test", await response.Content.ReadAsStringAsync());
    }

    [Theory]
    [InlineData("https+http://orders", "https://orders-0.test/")]
    [InlineData("http://orders:8080", "http://orders-0.test:8080/")]
    public async Task SchemeAndPort_AreThoseOfTheCall(string address, string expected)
    {
        var services = new ServiceCollection();
        services.AddMeshClient(address);
        services.AddMeshTesting(testing => testing.Route(_orders));
        await using var host = services.BuildServiceProvider();

        await GetAsync(host, address);

        Assert.Equal(new Uri(expected), Assert.Single(_orders[0].Received).Address);
    }

    [Fact]
    public async Task ANamedEndpoint_IsAServiceOfItsOwn()
    {
        var admin = new FakeService("_admin.orders").Answers(FakeAnswer.Ok("of the administrator"));
        var services = new ServiceCollection();
        services.AddMeshClient("_admin.orders");
        services.AddMeshTesting(testing => testing.Route(_orders).Route(admin));
        await using var host = services.BuildServiceProvider();

        Assert.Equal("of the administrator", await GetAsync(host, "_admin.orders"));
        Assert.Empty(_orders[0].Received);
    }

    [Fact]
    public async Task AHandler_MadeOutsideOfTheFactory_ReachesTheTestToo()
    {
        var services = new ServiceCollection();
        services.AddMesh().AddMeshTesting(testing => testing.Route(_orders));
        await using var host = services.BuildServiceProvider();
        using var client = new HttpClient(host.GetRequiredService<IMeshHandlerFactory>().CreateHandler(new SocketsHttpHandler()));

        Assert.Equal("from the test", await client.GetStringAsync(new Uri("http://orders/")).WithinHangLimit());
    }

    [Fact]
    public async Task AService_ThatIsRoutedAgain_IsWhatWasSaidLast()
    {
        var services = new ServiceCollection();
        services.AddMeshClient("orders");
        services.AddMeshTesting(testing => testing.Route(_orders));
        services.AddMeshTesting(testing => testing.Route(new FakeService("ORDERS").Answers(FakeAnswer.Ok("later"))));
        await using var host = services.BuildServiceProvider();

        Assert.Equal("later", await GetAsync(host, "orders"));
    }

    [Fact]
    public async Task TwoHosts_ShareNothingButTheServicesOfTheTest()
    {
        _orders.Add();
        _orders[0].Answers(FakeAnswer.Status(503));
        await using var first = HostOfOrders();
        await using var second = HostOfOrders();
        for (var call = 0; call < 20; call++)
        {
            await GetAsync(first, "orders");
        }

        await second.GetRequiredService<IMeshDirectory>().WarmUpAsync([]);

        Assert.Contains(EndpointState.Open, StatesIn(first));
        Assert.Equal([EndpointState.Available, EndpointState.Available], StatesIn(second));

        ServiceProvider HostOfOrders()
        {
            var services = new ServiceCollection();
            services.AddMesh(static options => (options.Defaults.LoadBalancing.Policy, options.Defaults.Retry.Backoff) = ("RoundRobin", TimeSpan.Zero));
            services.AddMeshClient("orders");
            services.AddMeshTesting(testing => testing.Route(_orders));
            return services.BuildServiceProvider();
        }
    }

    [Fact]
    public async Task VariablesOfTheMachine_AreNotHeard()
    {
        // Configuration of a host has the variables of the environment in it.
        var builder = Host.CreateApplicationBuilder();
        Assert.Equal(nameof(MeshMode.Resolve), builder.Configuration["MESH_MODE"]);
        _orders[0].Answers(FakeAnswer.Status(503), FakeAnswer.Ok("at the second attempt"));
        builder.Services.AddMeshClient("orders");
        builder.Services.AddMeshTesting(testing => testing.Route(_orders));
        using var host = builder.Build();

        Assert.Equal("at the second attempt", await GetAsync(host.Services, "orders"));
        Assert.Null(host.Services.GetRequiredService<IMeshDirectory>().Zone);
    }

    [Fact]
    public async Task ModeAndZone_OfConfiguration_AreHeard()
    {
        var builder = Host.CreateApplicationBuilder();
        builder.Configuration["Mesh:Mode"] = nameof(MeshMode.Resolve);
        builder.Configuration["Mesh:Zone"] = "of-the-test";
        _orders[0].Answers(FakeAnswer.Status(503), FakeAnswer.Ok());
        builder.Services.AddMeshClient("orders");
        builder.Services.AddMeshTesting(testing => testing.Route(_orders));
        using var host = builder.Build();

        await Assert.ThrowsAsync<HttpRequestException>(() => GetAsync(host.Services, "orders"));
        Assert.Equal("of-the-test", host.Services.GetRequiredService<IMeshDirectory>().Zone);
    }

    private static IEnumerable<EndpointState> StatesIn(ServiceProvider host) => Assert.Single(host.GetRequiredService<IMeshDirectory>().Services).Endpoints.Select(static endpoint => endpoint.State);

    private static HttpClient Client(IServiceProvider host, string name) => host.GetRequiredService<IHttpClientFactory>().CreateClient(name);

    private static Task<string> GetAsync(IServiceProvider host, string client) => Client(host, client).GetStringAsync(new Uri("/", UriKind.Relative)).WithinHangLimit();

    private sealed class DerivedStub : HttpClientHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            Task.FromResult(new HttpResponseMessage(HttpStatusCode.OK) { Content = new StringContent("from the stub") });
    }
}
