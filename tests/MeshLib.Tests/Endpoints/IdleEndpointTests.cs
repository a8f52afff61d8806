using System.Runtime.CompilerServices;
using Microsoft.Extensions.Time.Testing;

namespace MeshLib.Tests.Endpoints;

/// <summary>What an endpoint costs that gets no calls: of a large service most get none from one process.</summary>
[Trait("Scenario", "D15")]
[Collection(nameof(IdleEndpointTests))]
[CollectionDefinition(nameof(IdleEndpointTests), DisableParallelization = true)]
public class IdleEndpointTests
{
    private const int Instances = 10_000;

    [Fact]
    public void IdleEndpoint_CostsLessThanAKilobyte()
    {
        var membership = new EndpointMembership(new MonotonicClock(new FakeTimeProvider()), new Random(1));
        var before = Live();
        Update(membership, Instances);
        var after = Live();

        TestContext.Current.TestOutputHelper!.WriteLine($"{(after - before) / (double)Instances:0} bytes per endpoint");
        Assert.InRange((after - before) / (double)Instances, 0, 1024);
        Assert.Equal(Instances, membership.Members.Count);
    }

    [Fact]
    public void EndpointThatHasLeft_IsForgottenWhole()
    {
        var time = new FakeTimeProvider();
        var membership = new EndpointMembership(new MonotonicClock(time), new Random(1));
        Update(membership, 10);
        var before = Live();
        Update(membership, Instances);
        Update(membership, 10);
        time.Advance(EndpointMembership.Remembered + TimeSpan.FromSeconds(1));
        membership.Forget(time.GetTimestamp());
        var after = Live();

        // Tables keep the room that they once needed.
        Assert.InRange((after - before) / (double)Instances, -1024, 256);
        Assert.Equal(10, membership.Tracked);
    }

    // Not inlined, so that nothing but the membership holds what the list held.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Update(EndpointMembership membership, int count) => membership.Update(
        [.. Enumerable.Range(0, count).Select(static i => new DiscoveredEndpoint(new Uri($"http://10.0.{i >> 8}.{i & 255}:8080"), new EndpointMetadata { Id = $"orders-{i:x8}", Zone = "eu-1a" }, null))],
        new CircuitBreakerSettings(),
        newcomersJoinProven: false);

    private static long Live()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        return GC.GetTotalMemory(forceFullCollection: true);
    }
}
