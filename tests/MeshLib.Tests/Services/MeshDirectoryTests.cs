using MeshLib.TestKit;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.ServiceDiscovery;

namespace MeshLib.Tests.Services;

/// <summary>What the directory shows, and resolving before the first request.</summary>
public sealed class MeshDirectoryTests : IAsyncDisposable
{
    private readonly ManualEndpointSource _source = new();
    private readonly TestMesh _mesh;

    public MeshDirectoryTests() => _mesh = new TestMesh(
        services =>
        {
            services.AddSingleton<IServiceEndpointProviderFactory>(_source);
            services.AddMesh(static options => options.Services["stock"].CircuitBreaker.ConsecutiveFailures = 1);
            services.AddMeshClient("orders");
        },
        ("Mesh:Services:billing:Timeout", "00:00:05"));

    [Fact]
    public void Services_BeforeAnyCall_AreThoseDeclaredByClientCodeAndConfigurationInOrder()
    {
        var services = _mesh.Directory.Services;

        Assert.Equal(["billing", "orders", "stock"], services.Select(static service => service.Name));
        Assert.All(services, static service => Assert.True(service is { Resolved: false, Panic: false, InFlight: 0, Endpoints: [] } && service.StaleFor == TimeSpan.Zero));
        Assert.Empty(_source.Queries);
    }

    [Fact]
    public async Task Services_AfterACall_ShowTheCalledOneToo()
    {
        _source.Publish("other", TestMesh.First);

        await _mesh.GetAsync("http://other/");

        var other = Assert.Single(_mesh.Directory.Services, static service => service.Name == "other");
        Assert.True(other.Resolved);
        Assert.Equal(new Uri(TestMesh.First), Assert.Single(other.Endpoints).Address);
    }

    [Fact]
    public async Task Services_DuringACall_ShowWhatIsInFlight()
    {
        _source.Publish("orders", new ManualEndpoint(TestMesh.First, new EndpointMetadata { Zone = "a", Version = "2" }));
        _mesh.Transport.Answer((Func<ScriptedRequest, HttpResponseMessage>?)null);
        var ending = _mesh.GetAsync();
        var exchange = await _mesh.Transport.NextAsync();

        var during = View("orders");
        Assert.Equal((1, 1), (during.InFlight, Assert.Single(during.Endpoints).InFlight));
        Assert.Equal(("a", "2"), (during.Endpoints[0].Metadata.Zone, during.Endpoints[0].Metadata.Version));
        Assert.Null(during.Endpoints[0].Latency);

        _mesh.Time.Advance(TimeSpan.FromMilliseconds(80));
        exchange.Respond(200);
        await ending;

        var after = View("orders");
        Assert.Equal((0, 0), (after.InFlight, after.Endpoints[0].InFlight));
        Assert.Equal(80, after.Endpoints[0].Latency!.Value.TotalMilliseconds, 3);
        Assert.Same(during.Endpoints[0], after.Endpoints[0]);
    }

    [Fact]
    public async Task Services_AfterFailures_ShowWhichEndpointIsCutOff()
    {
        _source.Publish("stock", TestMesh.First);
        _mesh.Transport.AnswerWith(503);

        await _mesh.GetAsync("http://stock/");

        Assert.Equal(EndpointState.Open, Assert.Single(View("stock").Endpoints).State);
    }

    [Fact]
    public async Task Services_OfAHostThatIsPassedThrough_ShowNoEndpoint()
    {
        _source.Decline("unknown.example");

        await _mesh.GetAsync("http://unknown.example/");

        Assert.DoesNotContain(_mesh.Directory.Services, static service => service.Name == "unknown.example");
    }

    [Fact]
    public async Task WarmUp_OfNothingNamed_ResolvesEveryDeclaredService()
    {
        foreach (var service in new[] { "orders", "stock", "billing" })
        {
            _source.Publish(service, TestMesh.First);
        }

        await _mesh.Directory.WarmUpAsync([], TestContext.Current.CancellationToken).WithinHangLimit();

        Assert.All(_mesh.Directory.Services, static service => Assert.True(service.Resolved));
        Assert.Equal(3, _source.CreatedProviders);
    }

    [Fact]
    public async Task WarmUp_BeforeTheFirstRequest_SharesItsResolve()
    {
        _source.Publish("orders", TestMesh.First);

        await _mesh.Directory.WarmUpAsync(["orders"], TestContext.Current.CancellationToken).WithinHangLimit();
        await _mesh.GetAsync();

        Assert.Equal((1, 1), (_source.CreatedProviders, _source.PopulatesOf("orders")));
    }

    [Fact]
    public async Task WarmUp_OfAnAddressWithSchemes_AsksForThatAddress()
    {
        _source.Publish("other", TestMesh.First);

        await _mesh.Directory.WarmUpAsync(["https+http://other"], TestContext.Current.CancellationToken).WithinHangLimit();

        Assert.Equal("https+http://other", Assert.Single(_source.Queries).ToString());
    }

    [Fact]
    public async Task WarmUp_WhenDiscoveryFails_CompletesBecauseThatIsAnAnswer()
    {
        _source.Fail("orders", new IOException("registry away"));

        await _mesh.Directory.WarmUpAsync(["orders"], TestContext.Current.CancellationToken).WithinHangLimit();

        Assert.False(View("orders").Resolved);
    }

    [Fact]
    public async Task WarmUp_WhenDiscoveryHangs_EndsWithItsToken()
    {
        _source.Hang("orders");
        using var enough = new CancellationTokenSource();
        var waiting = _mesh.Directory.WarmUpAsync(["orders"], enough.Token);
        Assert.False(waiting.IsCompleted);

        await enough.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting.WithinHangLimit());
    }

    [Theory]
    [InlineData("bad name")]
    [InlineData("")]
    public async Task WarmUp_OfABadName_SaysWhich(string name)
    {
        var error = await Assert.ThrowsAnyAsync<ArgumentException>(() => _mesh.Directory.WarmUpAsync([name], TestContext.Current.CancellationToken));

        Assert.Contains($"'{name}'", error.Message, StringComparison.Ordinal);
    }

    public ValueTask DisposeAsync() => _mesh.DisposeAsync();

    private MeshServiceView View(string name) => Assert.Single(_mesh.Directory.Services, service => service.Name == name);
}
