using MeshLib.TestKit;
using MeshLib.Tests.Calls;
using MeshLib.Tests.Locality;
using static MeshLib.Tests.Locality.ZonedMesh;

namespace MeshLib.Tests.Subsetting;

/// <summary>Subsets as a set's snapshot has them.</summary>
public class SubsettingTests
{
    [Fact]
    public async Task SmallService_IsCalledWhole()
    {
        await using var mesh = await StartAsync(null, Orders(99), callers: Callers("a", ("a", 50)));

        Assert.Equal(99, mesh.Set.Snapshot!.Peers.Count);
        Assert.DoesNotContain(mesh.Source.Queries, static query => query.ServiceName == Self);
    }

    [Fact]
    public async Task LargeService_IsCalledInPart()
    {
        await using var mesh = await StartAsync(null, Orders(300));

        Assert.Equal((300, 300, 100), (mesh.Set.Snapshot!.All.Count, mesh.Set.Snapshot.Live.Count, mesh.Set.Snapshot.Peers.Count));
        Assert.Equal(100, Picked(mesh).Count);
    }

    [Fact]
    public async Task ProcessThatKnowsItsPlace_HasAnAperture()
    {
        await using var mesh = await StartAsync("a", Orders(300), callers: Callers("a", ("a", 50)));

        await mesh.Time.AdvanceUntilAsync(() => mesh.Set.Snapshot!.Peers.Count < 100, TimeSpan.FromMilliseconds(50), TimeSpan.FromSeconds(10));
        Assert.Equal(12, mesh.Set.Snapshot!.Peers.Count);
        Assert.Equal(mesh.Set.Snapshot.Peers, Picked(mesh).Order(Comparer<MeshEndpoint>.Create((one, other) => Index(one).CompareTo(Index(other)))));

        int Index(MeshEndpoint endpoint) => mesh.Set.Snapshot!.Peers.ToList().IndexOf(endpoint);
    }

    [Fact]
    public async Task FirstOfItsKind_CallsAll()
    {
        await using var mesh = await StartAsync("a", Orders(300), callers: Callers("a", ("a", 1)));

        await mesh.Time.AdvanceUntilAsync(() => mesh.Set.Snapshot!.Peers.Count == 300, TimeSpan.FromMilliseconds(50), TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task SwitchedOff_LargeServiceIsCalledWhole()
    {
        await using var mesh = await StartAsync(null, Orders(300), static policy => policy.Subsetting.Enabled = false);

        Assert.Equal(300, mesh.Set.Snapshot!.Peers.Count);
    }

    [Fact]
    public async Task InZones_EachZoneHasItsSubset()
    {
        ManualEndpoint[] orders = [.. Orders(150, "a"), .. Orders(150, "b")];
        await using var mesh = await StartAsync("a", orders, callers: Callers("a", ("a", 30), ("b", 10)));

        await mesh.Time.AdvanceUntilAsync(() => mesh.Set.Snapshot!.Peers.Count < 50, TimeSpan.FromMilliseconds(50), TimeSpan.FromSeconds(10));

        // Three quarters of the callers and half of the endpoints: a third goes to b. Thirty likes have a twelfth of 150 each: three thirtieths, fifteen endpoints.
        Assert.Equal(0.6666, mesh.Set.Snapshot!.LocalShare);
        Assert.Equal([("a", 15), ("b", 15)], mesh.Set.Snapshot.Peers.CountBy(static endpoint => endpoint.Metadata.Zone!).Select(static zone => (zone.Key, zone.Value)));
    }

    [Fact]
    public async Task ServiceThatShrinks_IsCalledWholeAgain()
    {
        await using var mesh = await StartAsync("a", Orders(110), callers: Callers("a", ("a", 7)));
        await mesh.Time.AdvanceUntilAsync(() => mesh.Endpoints.Any(static endpoint => endpoint.Portion < 1), TimeSpan.FromMilliseconds(50), TimeSpan.FromSeconds(10));

        await mesh.PublishAsync(Orders(90));

        Assert.Equal(90, mesh.Set.Snapshot!.Peers.Count);
        Assert.All(mesh.Endpoints, static endpoint => Assert.Equal(1, endpoint.Portion));
    }

    [Fact]
    public async Task EndpointOutsideTheAperture_ThatLeavesAndComesBackToASmallService_IsUsed()
    {
        var orders = Orders(110);
        await using var mesh = await StartAsync("a", orders, callers: Callers("a", ("a", 7)));
        await mesh.Time.AdvanceUntilAsync(() => mesh.Endpoints.Any(static endpoint => endpoint.Portion == 0), TimeSpan.FromMilliseconds(50), TimeSpan.FromSeconds(10));
        var unused = mesh.Endpoints.First(static endpoint => endpoint.Portion == 0);
        ManualEndpoint[] others = [.. orders.Where(endpoint => endpoint.Address != unused.Prefix).Take(90)];

        await mesh.PublishAsync(others);
        Assert.DoesNotContain(unused, mesh.Endpoints);
        await mesh.PublishAsync([.. others, .. orders.Where(endpoint => endpoint.Address == unused.Prefix)]);

        Assert.Contains(unused, mesh.Endpoints);
        Assert.Equal(1, unused.Portion);
    }

    [Fact]
    public async Task WhereTheMeshOnlyResolves_AllHaveTheirTurn()
    {
        await using var mesh = await StartAsync("a", [.. Orders(150, "a"), .. Orders(150, "b")], static policy => policy.Mode = MeshMode.Resolve, Callers("a", ("a", 50)));
        var everyone = mesh.Set.Snapshot!.Everyone!;

        Assert.Null(mesh.Set.Snapshot.LocalShare);
        Assert.DoesNotContain(mesh.Source.Queries, static query => query.ServiceName == Self);
        Assert.Equal(300, Enumerable.Range(0, 600).Select(_ => everyone.Pick(LoadBalancing.Subjects.Call())).Distinct().Count());
    }

    private static ManualEndpoint[] Orders(int count, string zone = "a") => Zoned((zone, count));

    private static HashSet<MeshEndpoint> Picked(VirtualMesh mesh) => [.. Enumerable.Range(0, 20_000).Select(_ => mesh.Set.Snapshot!.Picker!.Pick(LoadBalancing.Subjects.Call())!)];
}
