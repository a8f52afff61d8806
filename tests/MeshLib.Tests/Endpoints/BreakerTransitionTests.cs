using MeshLib.TestKit;
using MeshLib.Tests.Calls;
using MeshLib.Tests.LoadBalancing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace MeshLib.Tests.Endpoints;

/// <summary>What a breaker that opens costs the call that reports it.</summary>
public class BreakerTransitionTests
{
    [Fact]
    public async Task ABreakerThatOpens_IsSeenByTheNextPick()
    {
        await using var mesh = await VirtualMesh.StartAsync(new FakeTimeProvider(), static policy => policy.CircuitBreaker.ConsecutiveFailures = 1);

        Fail(mesh, 0);

        Assert.Equal([mesh.Endpoints[0]], mesh.Set.Snapshot!.CutOff);
    }

    [Fact]
    public async Task BreakersThatOpenTogether_ShareASnapshotAndNobodyWaitsForIt()
    {
        var gate = new Gate();
        await using var mesh = await VirtualMesh.StartAsync(
            new FakeTimeProvider(),
            static policy => (policy.CircuitBreaker.ConsecutiveFailures, policy.LoadBalancing.Policy) = (1, "gated"),
            endpoints: 10,
            services => services.AddSingleton(gate).AddMesh().AddLoadBalancer<GatedBalancer>("gated"));
        gate.Open.Reset();
        var before = gate.Entered;
        var first = Task.Run(() => Fail(mesh, 0), TestContext.Current.CancellationToken);
        await Eventually.EqualsAsync(before + 1, () => gate.Entered);

        await Task.Run(() => Enumerable.Range(1, 5).ToList().ForEach(i => Fail(mesh, i)), TestContext.Current.CancellationToken).WithinHangLimit();

        gate.Open.Set();
        await first.WithinHangLimit();
        await Eventually.EqualsAsync(6, () => mesh.Set.Snapshot!.CutOff.Count);
        Assert.Equal(before + 2, gate.Entered);

        // And the next one is a call's own again.
        Fail(mesh, 6);
        Assert.Equal(7, mesh.Set.Snapshot!.CutOff.Count);
    }

    [Theory]
    [InlineData("RingHash")]
    [InlineData("Maglev")]
    public async Task ABreakerThatOpens_MovesTheKeysOfItsEndpointAndNoOthers(string balancer)
    {
        await using var mesh = await VirtualMesh.StartAsync(
            new FakeTimeProvider(), policy => (policy.CircuitBreaker.ConsecutiveFailures, policy.LoadBalancing.Policy) = (1, balancer), endpoints: 50);
        var before = Owners(mesh);

        Fail(mesh, 7);

        Assert.All(Owners(mesh).Zip(before), moved => Assert.True(moved.Second == mesh.Endpoints[7] ? moved.First != moved.Second : moved.First == moved.Second));
    }

    private static List<MeshEndpoint> Owners(VirtualMesh mesh) => [.. Enumerable.Range(0, 2_000).Select(i => mesh.Set.Snapshot!.Picker!.Pick(Subjects.Keyed($"user-{i}"))!)];

    private static void Fail(VirtualMesh mesh, int index)
    {
        var endpoint = mesh.Endpoints[index];
        mesh.Set.Settle(new(endpoint, endpoint.Breaker.Generation), OutcomeReason.ConnectFailed, TimeSpan.Zero, 0.001, mesh.Time.GetTimestamp());
    }

    private sealed class Gate : IDisposable
    {
        private int _entered;

        public ManualResetEventSlim Open { get; } = new(true);

        public int Entered => Volatile.Read(ref _entered);

        public void Enter()
        {
            Interlocked.Increment(ref _entered);
            Open.Wait(HangLimit.Default);
        }

        public void Dispose() => Open.Dispose();
    }

#pragma warning disable CA1812 // Made by the container.
    private sealed class GatedBalancer(Gate gate) : LoadBalancer
#pragma warning restore CA1812
    {
        public override EndpointPicker CreatePicker(IReadOnlyList<MeshEndpoint> endpoints)
        {
            gate.Enter();
            return new RandomLoadBalancer(new Random(1)).CreatePicker(endpoints);
        }
    }
}
