using System.Diagnostics.Metrics;
using MeshLib.TestKit;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.ServiceDiscovery;

namespace MeshLib.Tests.Signals;

/// <summary>The instruments that are read when somebody collects.</summary>
public sealed class StateMetricsTests : IAsyncDisposable
{
    private static readonly EndpointMetadata Sick = new() { Healthy = false };

    private readonly ManualEndpointSource _source = new();
    private readonly TestMesh _mesh;
    private readonly MeterRecorder _recorder;

    public StateMetricsTests()
    {
        _mesh = new TestMesh(services =>
        {
            services.AddSingleton<IServiceEndpointProviderFactory>(_source);
            services.AddMesh(static options => options.Services["orders"].CircuitBreaker.ConsecutiveFailures = 1);
            services.AddMeshClient("orders");
        });
        _recorder = new MeterRecorder(_mesh.Services.GetRequiredService<IMeterFactory>());
    }

    [Fact]
    public async Task Endpoints_AreCountedByState()
    {
        _source.Publish("orders", TestMesh.First, TestMesh.Second, new ManualEndpoint("http://10.0.0.3:8080", Sick));
        _mesh.Transport.AnswerWith(503);
        using (var request = new HttpRequestMessage(HttpMethod.Post, "/"))
        {
            using var answer = await _mesh.Client().SendAsync(request, TestContext.Current.CancellationToken);
        }

        Assert.Equal(
            [
                "mesh.endpoints{service=orders,state=available} 1",
                "mesh.endpoints{service=orders,state=draining} 0",
                "mesh.endpoints{service=orders,state=ejected} 0",
                "mesh.endpoints{service=orders,state=open} 1",
                "mesh.endpoints{service=orders,state=probing} 0",
                "mesh.endpoints{service=orders,state=unhealthy} 1",
                "mesh.endpoints{service=orders,state=withdrawn} 0",
            ],
            Observe("mesh.endpoints"));
    }

    [Fact]
    public async Task Panic_IsOneWhileTooFewAreHealthy()
    {
        _source.Publish("orders", TestMesh.First, new ManualEndpoint(TestMesh.Second, Sick), new ManualEndpoint("http://10.0.0.3:8080", Sick));
        await _mesh.GetAsync();
        Assert.Equal(["mesh.panic{service=orders} 1"], Observe("mesh.panic"));

        _source.Publish("orders", TestMesh.First, TestMesh.Second);
        await _mesh.Time.AdvanceUntilAsync(() => _mesh.Directory.Services[0].Endpoints.Count == 2, TimeSpan.FromMilliseconds(50), TimeSpan.FromSeconds(10));

        Assert.Equal(["mesh.panic{service=orders} 0"], Observe("mesh.panic"));
    }

    [Fact]
    public async Task RetryBudget_FallsByOneWithARetry()
    {
        _source.Publish("orders", TestMesh.First, TestMesh.Second);
        await _mesh.GetAsync();
        var before = Assert.Single(_recorder.Observe("mesh.retry_budget.balance", ("service", "orders"))).Value;
        var seen = _mesh.Transport.Attempts;
        _mesh.Transport.Answer(request => ScriptedTransport.Response(request.Number == seen + 1 ? 500 : 200));

        await _mesh.GetAsync();

        Assert.Equal(before - 1, Assert.Single(_recorder.Observe("mesh.retry_budget.balance")).Value, 3);
    }

    [Fact]
    public async Task Hosts_ThatArePassedThrough_AreInNoTag()
    {
        _source.Publish("orders", TestMesh.First);
        await _mesh.GetAsync();
        _source.Decline("unknown.example");
        await _mesh.GetAsync("http://unknown.example/");

        string[] instruments = ["mesh.retry_budget.balance", "mesh.endpoints", "mesh.panic", "mesh.discovery.staleness"];
        Assert.All(instruments, instrument => Assert.All(_recorder.Observe(instrument), static measurement => Assert.Equal("orders", measurement.Tags["service"])));
    }

    [Fact]
    public async Task Staleness_IsWhatTheSourceSays()
    {
        _source.SetFeature<IEndpointSourceStatus>("orders", new SourceStatus { StaleFor = TimeSpan.FromSeconds(42) });
        _source.Publish("orders", TestMesh.First);
        await _mesh.GetAsync();

        Assert.Equal(["mesh.discovery.staleness{service=orders} 42"], Observe("mesh.discovery.staleness"));
    }

    [Fact]
    public async Task DiscoveryUpdates_TellWhatChangedFromWhatDidNot()
    {
        _source.Publish("orders", TestMesh.First);
        await _mesh.GetAsync();
        _source.Signal("orders");
        await _mesh.Time.AdvanceUntilAsync(() => Updates("unchanged") == 1, TimeSpan.FromMilliseconds(50), TimeSpan.FromSeconds(10));
        _source.Fail("orders", new IOException("registry away"));
        await _mesh.Time.AdvanceUntilAsync(() => Updates("failed") >= 1, TimeSpan.FromMilliseconds(50), TimeSpan.FromSeconds(10));

        Assert.Equal(1, Updates("applied"));
        Assert.Equal(1, Updates("unchanged"));
    }

    [Fact]
    public void Policies_WhenChangedAndWhenRejected_AreCounted()
    {
        _ = _mesh.Client();
        var version = Assert.Single(_recorder.Observe("mesh.policy.version")).Value;

        Reload("Mesh:Defaults:Timeout", "00:00:07");
        Assert.Equal(version + 1, Assert.Single(_recorder.Observe("mesh.policy.version")).Value);
        Assert.Equal(["mesh.policy.rejected{} 0"], Observe("mesh.policy.rejected"));

        Reload("Mesh:Defaults:Timeout", "soon");
        Assert.Equal(version + 1, Assert.Single(_recorder.Observe("mesh.policy.version")).Value);
        Assert.Equal(["mesh.policy.rejected{} 1"], Observe("mesh.policy.rejected"));
    }

    public async ValueTask DisposeAsync()
    {
        _recorder.Dispose();
        await _mesh.DisposeAsync();
    }

    private double Updates(string outcome) => _recorder.Sum("mesh.discovery.updates", ("service", "orders"), ("outcome", outcome));

    private IEnumerable<string> Observe(string instrument) => _recorder.Observe(instrument).Select(SignalLines.Line).Order(StringComparer.Ordinal);

    private void Reload(string key, string value)
    {
        _mesh.Configuration[key] = value;
        _mesh.Configuration.Reload();
        _mesh.Time.Advance(MeshPolicies.Period);
    }
}
