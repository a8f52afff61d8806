using MeshLib.TestKit;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.ServiceDiscovery;

namespace MeshLib.Tests.Readiness;

/// <summary>Readiness from unresolved to healthy and back.</summary>
public sealed class ReadinessTests : IAsyncDisposable
{
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(1);

    private readonly ManualEndpointSource _source = new();
    private readonly TestMesh _mesh;

    public ReadinessTests() => _mesh = new TestMesh(services =>
    {
        services.AddSingleton<IServiceEndpointProviderFactory>(_source);
        services.AddMeshClient("orders");
        services.AddHealthChecks().AddMeshHealthChecks();
    });

    [Fact]
    public async Task Readiness_WhileDiscoveryFails_IsUnhealthyAndRecoversByItself()
    {
        _source.Fail("orders", new IOException("registry away"));

        var before = await CheckAsync();
        Assert.Equal((HealthStatus.Unhealthy, "Not resolved yet: orders."), (before.Status, before.Description));

        _source.Publish("orders", TestMesh.First);
        await _mesh.Time.AdvanceUntilAsync(() => _mesh.Directory.Services[0].Resolved, Step, Limit);

        Assert.Equal(HealthStatus.Healthy, (await CheckAsync()).Status);
    }

    [Fact]
    public async Task Readiness_WhileDiscoveryHangs_IsToldWithinASecond()
    {
        _source.Hang("orders");
        var start = _mesh.Time.GetUtcNow();

        var entry = await _mesh.Time.AdvanceUntilEndedAsync(CheckAsync(), Step, Limit);

        Assert.Equal(HealthStatus.Unhealthy, entry.Status);
        Assert.InRange(_mesh.Time.GetUtcNow() - start, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(3));
    }

    [Fact]
    public async Task Readiness_WhenAResolvedServicesRegistryGoesAway_StaysHealthy()
    {
        _source.Publish("orders", TestMesh.First);
        await CheckAsync();
        var asked = _source.PopulatesOf("orders");

        _source.Fail("orders", new IOException("registry away"));
        await _mesh.Time.AdvanceUntilAsync(() => _source.PopulatesOf("orders") > asked, Step, Limit);

        Assert.Equal(HealthStatus.Healthy, (await CheckAsync()).Status);
    }

    [Fact]
    public async Task Readiness_WhenAReloadIsRejected_IsDegradedUntilTheMistakeIsMended()
    {
        _source.Publish("orders", TestMesh.First);
        await CheckAsync();

        Reload("soon");
        var entry = await CheckAsync();
        Assert.Equal(HealthStatus.Degraded, entry.Status);
        Assert.Contains("Mesh:Defaults:Timeout", entry.Description, StringComparison.Ordinal);

        Reload("00:00:20");
        Assert.Equal(HealthStatus.Healthy, (await CheckAsync()).Status);
    }

    [Fact]
    public async Task Readiness_OfAServiceThatIsCalledButNotDeclared_IsNobodysConcern()
    {
        _source.Publish("orders", TestMesh.First);
        _source.Fail("other", new IOException("registry away"));
        await Assert.ThrowsAsync<NoEndpointAvailableException>(() => _mesh.GetAsync("http://other/"));

        Assert.Equal(HealthStatus.Healthy, (await CheckAsync()).Status);
        Assert.Contains(_mesh.Directory.Services, static service => service is { Name: "other", Resolved: false });
    }

    [Theory]
    [InlineData("orders", true)]
    [InlineData("_admin.orders", true)]
    [InlineData("https://api.example.com", false)]
    [InlineData("localhost", false)]
    public async Task Readiness_OfADeclaredServiceThatNobodyCouldKnow_IsHealthyAndSaysSoWithAWarning(string client, bool doubtful)
    {
        await using var mesh = new TestMesh(services =>
        {
            services.AddMeshClient(client);
            services.AddHealthChecks().AddMeshHealthChecks();
        });

        for (var look = 0; look < 2; look++)
        {
            var entry = (await mesh.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync(TestContext.Current.CancellationToken).WithinHangLimit()).Entries["mesh"];
            Assert.Equal((HealthStatus.Healthy, doubtful ? "By plain DNS, for want of a registry: orders." : null), (entry.Status, entry.Description));
        }

        Assert.Equal(doubtful ? 1 : 0, mesh.Logs.WithEvent(204).Count);
        Assert.All(mesh.Logs.WithEvent(204), static entry => Assert.Contains("AddConsul()", entry.Message, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("https+http://orders", "https+http://orders")]
    [InlineData("_admin.orders", "http://_admin.orders")]
    public async Task Readiness_OfAClientWithSchemesOrANamedEndpoint_AsksForWhatTheClientCalls(string client, string asked)
    {
        var source = new ManualEndpointSource();
        source.Publish("orders", TestMesh.First);
        await using var mesh = new TestMesh(services =>
        {
            services.AddSingleton<IServiceEndpointProviderFactory>(source);
            services.AddMeshClient(client);
            services.AddHealthChecks().AddMeshHealthChecks();
        });

        await mesh.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync(TestContext.Current.CancellationToken);

        Assert.Equal(asked, Assert.Single(source.Queries).ToString());
    }

    public ValueTask DisposeAsync() => _mesh.DisposeAsync();

    private async Task<HealthReportEntry> CheckAsync() =>
        (await _mesh.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync(TestContext.Current.CancellationToken).WithinHangLimit()).Entries["mesh"];

    private void Reload(string timeout)
    {
        _mesh.Configuration["Mesh:Defaults:Timeout"] = timeout;
        _mesh.Configuration.Reload();
        _mesh.Time.Advance(MeshPolicies.Period);
    }
}
