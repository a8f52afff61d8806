using MeshLib.TestKit;
using MeshLib.Tests.Calls;
using Microsoft.Extensions.Time.Testing;

namespace MeshLib.Tests.Endpoints;

/// <summary>Slow start: who joins proven peers, or has healed, gets its share little by little.</summary>
public class WarmUpTests
{
    private readonly FakeTimeProvider _time = new();

    [Theory]
    [InlineData("RoundRobin")]
    [InlineData("Random")]
    [InlineData("LeastRequest")]
    [InlineData("PeakEwma")]
    public async Task E17_ANewInstance_BeginsWithLittleAndHasItsShareAfterTheWindow(string policy)
    {
        await using var mesh = await StartAsync(policy, endpoints: 4);
        var simulation = new SetSimulation(mesh, ratePerSecond: 400, latency: 0.05, seed: 1);
        simulation.Run(10);
        await PublishAsync(mesh, 5);
        var newcomer = mesh.Endpoints.Single(static endpoint => endpoint.Prefix == VirtualMesh.Address(5));

        AssertRamp(simulation, newcomer);
    }

    [Theory]
    [InlineData("RoundRobin")]
    [InlineData("Random")]
    [InlineData("LeastRequest")]
    [InlineData("PeakEwma")]
    public async Task E17_AHealedInstance_BeginsWithLittleAndHasItsShareAfterTheWindow(string policy)
    {
        await using var mesh = await StartAsync(policy, endpoints: 5);
        var simulation = new SetSimulation(mesh, ratePerSecond: 400, latency: 0.05, seed: 1);
        simulation.Run(10);
        var sick = mesh.Endpoints[2];
        sick.Health.Outlier.Eject(_time.GetTimestamp() + (_time.TimestampFrequency * 5), 1);
        await PublishAsync(mesh, 5, new EndpointMetadata { Zone = "a" });
        Assert.Equal(EndpointState.Ejected, sick.State);
        simulation.Run(4);
        Assert.Equal(0, simulation.PicksOf(sick));
        await _time.AdvanceUntilAsync(() => sick.State == EndpointState.Available, TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(3));

        AssertRamp(simulation, sick);
    }

    [Fact]
    public async Task InstancesThatStartTogether_HaveNobodyToSpareThem()
    {
        await using var mesh = await StartAsync("RoundRobin", endpoints: 4);

        Assert.All(mesh.Endpoints, static endpoint => Assert.Equal(1, endpoint.Weight));
        new SetSimulation(mesh, ratePerSecond: 400, latency: 0.05, seed: 1).Run(1);
        Assert.All(mesh.Endpoints, static endpoint => Assert.Equal(1, endpoint.Weight));
    }

    [Fact]
    public async Task TheLastOneToHeal_WhereNobodyIsLeft_HasItsShareAtOnce()
    {
        await using var mesh = await StartAsync("RoundRobin", endpoints: 1, policy =>
        {
            policy.CircuitBreaker.ConsecutiveFailures = 1;
            policy.Retry.MaxAttempts = 1;
        });
        mesh.Transport.AnswerWith(200);
        (await mesh.GetAsync().WithinHangLimit()).Dispose();
        mesh.Transport.AnswerWith(503);
        (await mesh.GetAsync().WithinHangLimit()).Dispose();
        mesh.Transport.AnswerWith(200);
        mesh.Advance(2_000);

        (await mesh.GetAsync().WithinHangLimit()).Dispose();

        Assert.Equal((EndpointState.Available, 1), (mesh.Endpoints[0].State, mesh.Endpoints[0].Weight));
    }

    [Theory]
    [InlineData("breaker")]
    [InlineData("registry")]
    [InlineData("absence")]
    [InlineData("withdrawal")]
    public async Task WhoComesBack_WarmsUp(string from)
    {
        await using var mesh = await StartAsync("RoundRobin", endpoints: 3, policy =>
        {
            policy.CircuitBreaker.ConsecutiveFailures = 1;
            policy.Retry.MaxAttempts = 1;
        });
        mesh.Transport.AnswerWith(200);
        await SendManyAsync(mesh, 9);
        var one = mesh.Endpoints[0];
        switch (from)
        {
            case "breaker":
                mesh.Transport.Answer(request => ScriptedTransport.Response(request.Endpoint == one.Prefix ? 503 : 200));
                await SendManyAsync(mesh, 6);
                Assert.Equal(EndpointState.Open, one.State);
                mesh.Transport.AnswerWith(200);
                mesh.Advance(2_000);
                await SendManyAsync(mesh, 1);
                break;
            case "registry":
                await mesh.PublishAsync(new ManualEndpoint(VirtualMesh.Address(1), new() { Healthy = false }), VirtualMesh.Address(2), VirtualMesh.Address(3));
                await PublishAsync(mesh, 3);
                break;
            case "absence":
                await mesh.PublishAsync(VirtualMesh.Address(2), VirtualMesh.Address(3));
                await PublishAsync(mesh, 3);
                break;
            default:
                mesh.Set.TakeOut(one.Address, EndpointState.Withdrawn);
                mesh.Set.Restore(one.Address);
                break;
        }

        Assert.Equal((EndpointState.Available, 0.1), (one.State, one.Weight));
        mesh.Advance(15_000);
        Assert.Equal(0.5, one.Weight, 0.05);
        mesh.Advance(15_000);
        Assert.Equal(1, one.Weight);
    }

    [Theory]
    [InlineData(MeshMode.Observe, 30)]
    [InlineData(MeshMode.Enforce, 0)]
    public async Task SlowStart_WhenItIsOffOrOnlyObserved_ChangesNobodysShare(MeshMode mode, int seconds)
    {
        await using var mesh = await StartAsync("RoundRobin", endpoints: 3, policy =>
        {
            policy.Mode = mode;
            policy.LoadBalancing.SlowStart = TimeSpan.FromSeconds(seconds);
        });
        mesh.Transport.AnswerWith(200);
        await SendManyAsync(mesh, 9);

        await PublishAsync(mesh, 4);

        Assert.All(mesh.Endpoints, static endpoint => Assert.Equal(1, endpoint.Weight));
    }

    private static void AssertRamp(SetSimulation simulation, MeshEndpoint endpoint)
    {
        const double Fair = 1.0 / 5;
        Assert.InRange(simulation.Run(1).ShareOf(endpoint), 0, 0.20 * Fair);
        var middle = simulation.Run(14).Run(5).ShareOf(endpoint);
        simulation.Run(11);
        Assert.InRange(simulation.Run(30).ShareOf(endpoint), 0.9 * Fair, 1.1 * Fair);
        Assert.InRange(middle, 0.2 * Fair, 0.9 * Fair);
    }

    private static async Task SendManyAsync(VirtualMesh mesh, int calls)
    {
        for (var call = 0; call < calls; call++)
        {
            (await mesh.GetAsync().WithinHangLimit()).Dispose();
        }
    }

    private static Task PublishAsync(VirtualMesh mesh, int endpoints, EndpointMetadata? metadata = null) =>
        mesh.PublishAsync([.. Enumerable.Range(1, endpoints).Select(number => new ManualEndpoint(VirtualMesh.Address(number), metadata))]);

    private Task<VirtualMesh> StartAsync(string balancer, int endpoints, Action<MeshPolicy>? more = null) => VirtualMesh.StartAsync(
        _time,
        policy =>
        {
            policy.LoadBalancing.Policy = balancer;
            more?.Invoke(policy);
        },
        endpoints);
}
