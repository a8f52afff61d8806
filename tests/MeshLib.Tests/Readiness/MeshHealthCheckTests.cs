using MeshLib.TestKit;
using MeshLib.Tests.Calls;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Time.Testing;

namespace MeshLib.Tests.Readiness;

public class MeshHealthCheckTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly IConfigurationRoot _configuration = new ConfigurationBuilder().AddInMemoryCollection().Build();

    [Fact]
    public async Task Host_BecomesReadyWithoutARequest()
    {
        await using var mesh = NewMesh();
        mesh.Source.Publish(VirtualMesh.Orders, VirtualMesh.Address(1));

        Assert.Equal(HealthStatus.Healthy, (await CheckAsync(mesh)).Status);
    }

    [Fact]
    public async Task UnresolvedService_MakesTheHostUnready()
    {
        await using var mesh = NewMesh();
        mesh.Source.Hang(VirtualMesh.Orders);

        var unready = await CheckAsync(mesh);

        Assert.Equal(HealthStatus.Unhealthy, unready.Status);
        Assert.Contains("orders", unready.Description, StringComparison.Ordinal);
    }

    [Fact]
    public async Task EmptyService_IsResolved()
    {
        await using var mesh = NewMesh();
        mesh.Source.Publish(VirtualMesh.Orders);

        Assert.Equal(HealthStatus.Healthy, (await CheckAsync(mesh)).Status);
    }

    [Theory]
    [InlineData(9, HealthStatus.Healthy)]
    [InlineData(11, HealthStatus.Degraded)]
    public async Task StaleEndpoints_DegradeAfterTenSeconds(int seconds, HealthStatus expected)
    {
        await using var mesh = NewMesh();
        mesh.Source.SetFeature<IEndpointSourceStatus>(VirtualMesh.Orders, new Stale(seconds));
        mesh.Source.Publish(VirtualMesh.Orders, VirtualMesh.Address(1));

        Assert.Equal(expected, (await CheckAsync(mesh)).Status);
    }

    [Fact]
    public async Task AddressThatOnlyARequestAskedFor_DegradesAndIsForgotten()
    {
        await using var mesh = NewMesh();
        mesh.Source.Publish(VirtualMesh.Orders, VirtualMesh.Address(1));
        Assert.Equal(HealthStatus.Healthy, (await CheckAsync(mesh)).Status);
        mesh.Source.Fail(VirtualMesh.Orders, new IOException("no such record"));
        using var request = new HttpRequestMessage(HttpMethod.Get, "http://_bogus.orders/");

        await Assert.ThrowsAsync<NoEndpointAvailableException>(() => mesh.SendAsync(request).WithinHangLimit());

        var degraded = await CheckAsync(mesh);
        Assert.Equal((HealthStatus.Degraded, "orders: an address of it is not resolved."), (degraded.Status, degraded.Description));

        mesh.Source.Publish(VirtualMesh.Orders, VirtualMesh.Address(1));
        _time.Advance(TimeSpan.FromMinutes(11));
        await Eventually.BecomesTrueAsync(() => mesh.Root.Sets.Count() == 1);
    }

    [Fact]
    public async Task DiscoveryThatFailsForLong_DegradesAndShowsInTheGauge()
    {
        await using var mesh = NewMesh();
        mesh.Source.Publish(VirtualMesh.Orders, VirtualMesh.Address(1));
        Assert.Equal(HealthStatus.Healthy, (await CheckAsync(mesh)).Status);
        mesh.Source.Fail(VirtualMesh.Orders, new IOException("registry away"));
        await _time.AdvanceUntilAsync(() => mesh.Meters.Sum("mesh.discovery.updates", ("outcome", "failed")) > 0, TimeSpan.FromMilliseconds(50), TimeSpan.FromSeconds(5));

        _time.Advance(TimeSpan.FromSeconds(11));

        var degraded = await CheckAsync(mesh);
        Assert.Equal(HealthStatus.Degraded, degraded.Status);
        Assert.Contains("stale", degraded.Description, StringComparison.Ordinal);
        Assert.InRange(Assert.Single(mesh.Meters.Observe("mesh.discovery.staleness")).Value, 11, 15);

        mesh.Source.Publish(VirtualMesh.Orders, VirtualMesh.Address(1));
        await _time.AdvanceUntilAsync(() => mesh.Set.StaleFor == TimeSpan.Zero, TimeSpan.FromMilliseconds(50), TimeSpan.FromSeconds(10));
        Assert.Equal(HealthStatus.Healthy, (await CheckAsync(mesh)).Status);
    }

    [Fact]
    public async Task Panic_Degrades()
    {
        await using var mesh = NewMesh();
        mesh.Source.Publish(VirtualMesh.Orders, new ManualEndpoint(VirtualMesh.Address(1), new EndpointMetadata { Healthy = false }));

        var degraded = await CheckAsync(mesh);

        Assert.Equal(HealthStatus.Degraded, degraded.Status);
        Assert.Contains("panic", degraded.Description, StringComparison.Ordinal);
    }

    [Fact]
    public async Task PolicyWithAMistake_Degrades()
    {
        await using var mesh = NewMesh();
        mesh.Source.Publish(VirtualMesh.Orders, VirtualMesh.Address(1));
        Assert.Equal(HealthStatus.Healthy, (await CheckAsync(mesh)).Status);

        _configuration["Mesh:Defaults:Timeout"] = "soon";
        _configuration.Reload();
        await _time.AdvanceUntilAsync(() => mesh.Services.GetRequiredService<MeshPolicies>().Problem is not null, TimeSpan.FromMilliseconds(250), TimeSpan.FromSeconds(5));

        var degraded = await CheckAsync(mesh);
        Assert.Equal(HealthStatus.Degraded, degraded.Status);
        Assert.Contains("Mesh:Defaults:Timeout", degraded.Description, StringComparison.Ordinal);
    }

    private VirtualMesh NewMesh() => VirtualMesh.Create(_time, services: services =>
    {
        services.AddSingleton<IConfiguration>(_configuration);
        services.AddHealthChecks().AddMeshHealthChecks();
    });

    private async Task<HealthReportEntry> CheckAsync(VirtualMesh mesh)
    {
        var check = mesh.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync(registration => registration.Tags.Contains("ready"));
        return (await _time.AdvanceUntilEndedAsync(check, TimeSpan.FromMilliseconds(250), TimeSpan.FromSeconds(5))).Entries["mesh"];
    }

    private sealed class Stale(int seconds) : IEndpointSourceStatus
    {
        public string Source => "test";

        public TimeSpan StaleFor => TimeSpan.FromSeconds(seconds);

        public string? Problem => "away";
    }
}
