namespace MeshLib.Tests.Locality;

public class StandpointTests
{
    private static readonly DiscoveredEndpoint[] Instances =
    [
        Instance("w-3", "a"), Instance("w-1", "b", weight: 3), Instance("w-2", "a", healthy: false), Instance("w-4", null), Instance("w-5", "b", weight: 0),
    ];

    [Fact]
    public void Callers_AreTheHealthyOnesThatKnowTheirZone()
    {
        var callers = Of("a", "w-3").Callers!;

        Assert.Equal([("a", 1.0), ("b", 3.0)], callers.OrderBy(static zone => zone.Key, StringComparer.Ordinal).Select(static zone => (zone.Key, zone.Value)));
    }

    [Fact]
    public void Place_IsByIdentifierWhateverTheHealth()
    {
        var standpoint = Of("a", "w-3");

        Assert.Equal((new Coordinate(2, 5), new Coordinate(1, 2)), (standpoint.Place!.Value, standpoint.PlaceInZone!.Value));
    }

    [Fact]
    public void WhoIsNotListed_HasNoPlaceAndIsACallerAllTheSame()
    {
        var standpoint = Of("c", "w-9");

        Assert.Null(standpoint.Place);
        Assert.Equal(1, standpoint.Callers!["C"]);
    }

    [Fact]
    public void OwnRegistration_NamesTheZoneThatNothingElseNames()
    {
        Assert.Equal("b", Of(null, "w-1").Zone);
        Assert.Equal("z", Of("z", "w-1").Zone);
        Assert.Equal("agent", Standpoint.Of(new LocalInstance("w", null), "agent", false, Instances).Zone);
        Assert.Null(Of(null, "w-4").Zone);
    }

    [Fact]
    public void NobodyKnown_IsNotNobodyCalling() => Assert.Null(Standpoint.Of(new LocalInstance("w", "a"), null, false, []).Callers);

    [Fact]
    public void SameKnowledge_IsTheSameStandpoint()
    {
        Assert.Equal(Of("a", "w-3"), Of("a", "w-3"));
        Assert.NotEqual(Of("a", "w-3"), Of("a", "w-1"));
        Assert.NotEqual(Of("a", "w-3"), Standpoint.Of(new LocalInstance("w", "a") { Id = "w-3" }, null, false, [.. Instances, Instance("w-6", "a")]));
    }

    private static Standpoint Of(string? zone, string id) => Standpoint.Of(new LocalInstance("w", zone) { Id = id }, null, false, Instances);

    private static DiscoveredEndpoint Instance(string id, string? zone, int weight = 1, bool healthy = true) =>
        new(new Uri($"http://{id}:80"), new EndpointMetadata { Id = id, Zone = zone, Weight = weight, Healthy = healthy }, null);
}
