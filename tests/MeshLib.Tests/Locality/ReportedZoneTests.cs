using CsCheck;
using MeshLib.Tests.Calls;
using MeshLib.Tests.LoadBalancing;
using static MeshLib.Tests.Locality.ZonedMesh;

namespace MeshLib.Tests.Locality;

/// <summary>What zones can carry, where their instances report it.</summary>
public class ReportedZoneTests
{
    private const double Now = 20;

    private readonly Subjects _subjects = new();

    [Fact]
    public void WhereNobodyReports_ZonesHaveTheirWeights() =>
        Assert.Equal([("a", 4.0), ("b", 6.0)], Capacities([.. Members("a", 4), .. Members("b", 2, weight: 3)]));

    [Fact]
    public void WhereAllReport_ZonesHaveWhatTheyReport()
    {
        MeshEndpoint[] all = [.. Members("a", 4), .. Members("b", 2, weight: 3)];
        Report(all[..4], capacity: 100);
        Report(all[4..], capacity: 400);

        Assert.Equal([("a", 400.0), ("b", 800.0)], Capacities(all));
    }

    [Fact]
    public void WhoDoesNotReport_IsLikeItsZoneOrElseLikeAllByWeight()
    {
        MeshEndpoint[] all = [.. Members("a", 4), .. Members("b", 4, weight: 2), .. Members("c", 1, weight: 6)];
        Report(all[..2], capacity: 100);
        Report(all[4..6], capacity: 400);

        // 4 of 100; 4 of 400; and 6 units of weight, of which two of 1 and two of 2 do 1000.
        Assert.Equal([("a", 400.0), ("b", 1600.0), ("c", 1000.0)], Capacities(all));
    }

    [Fact]
    public void ASingleReportOfAZone_SaysNothingOfTheOthersInIt()
    {
        MeshEndpoint[] all = [.. Members("a", 3), .. Members("b", 3)];
        Report(all[..3], capacity: 100);
        Report(all[3..4], capacity: 500);

        // The mean of four reports for those two that are silent.
        Assert.Equal([("a", 300.0), ("b", 900.0)], Capacities(all));
    }

    [Fact]
    public void ASingleReport_SaysNothing()
    {
        MeshEndpoint[] all = [.. Members("a", 3), .. Members("b", 2)];
        Report(all[..1], capacity: 500);

        Assert.Equal([("a", 3.0), ("b", 2.0)], Capacities(all));
    }

    [Fact]
    public void WhoHasNoWeight_CountsForNothingWhateverItReports()
    {
        MeshEndpoint[] all = [.. Members("a", 2), .. Members("b", 2), .. Members("b", 1, weight: 0, from: 3)];
        Report(all[..1], capacity: 100);
        Report(all[4..], capacity: 100);
        Assert.Equal([("a", 2.0), ("b", 2.0)], Capacities(all));

        Report(all[1..4], capacity: 100);
        Assert.Equal([("a", 200.0), ("b", 200.0)], Capacities(all));
    }

    [Fact]
    public void WhoIsNotLive_IsMissedByWhatItReported()
    {
        MeshEndpoint[] all = [.. Members("a", 2), .. Members("b", 2)];
        Report([all[0], all[2], all[3]], capacity: 100);
        Report(all[1..2], capacity: 300);

        var zone = ZoneGroup.Of(all, [all[0], all[2], all[3]], 1, Subjects.At(Now), [])[0];

        Assert.Equal((400.0, 25, 100.0), (zone.Nominal, zone.Health, zone.Capacity));
    }

    [Fact]
    public void InWhateverUnitAllReport_SharesAreThoseOfTheSums() => Gen.Select(Gen.Int[2, 8], Gen.Int[2, 8], Gen.Double[0.5, 2].Array[16], Gen.Double[0.01, 1000]).Sample((a, b, capacities, unit) =>
    {
        MeshEndpoint[] all = [.. Members("a", a), .. Members("b", b)];
        for (var i = 0; i < all.Length; i++)
        {
            Report([all[i]], capacities[i] * unit);
        }

        var zones = Capacities(all);
        Assert.Equal(capacities[..a].Sum() / capacities[..(a + b)].Sum(), zones[0].Capacity / (zones[0].Capacity + zones[1].Capacity), 1e-6);
    });

    [Fact]
    public async Task ZoneThatReportsLess_KeepsFewerOfItsCalls_AndAllAgainWhenReportsEnd()
    {
        await using var mesh = await StartAsync("a", Zoned(("a", 4), ("b", 4)), callers: Callers("a", ("a", 4), ("b", 4)));
        Pass(mesh, 30, ("a", 100), ("b", 100));
        Assert.Equal(1, mesh.Set.Snapshot!.LocalShare);

        // A quarter of the capacity, half of the callers.
        Pass(mesh, 12, ("a", 100), ("b", 300));
        Assert.Equal(0.5, mesh.Set.Snapshot!.LocalShare);
        Assert.Equal(0.5, mesh.Picks()["a"], 0.02);

        Pass(mesh, 170);
        Assert.Equal(0.5, mesh.Set.Snapshot.LocalShare);
        Pass(mesh, 25);
        Assert.Equal(1, mesh.Set.Snapshot.LocalShare);
    }

    [Fact]
    public async Task WhatReportsVaryBy_MakesNoNewPlan()
    {
        await using var mesh = await StartAsync("a", Zoned(("a", 4), ("b", 4)), callers: Callers("a", ("a", 4), ("b", 4)));
        Pass(mesh, 30, ("a", 100), ("b", 300));
        var snapshot = mesh.Set.Snapshot!;
        var random = new Random(7);

        for (var second = 0; second < 120; second++)
        {
            Pass(mesh, 1, ("a", 96 + (8 * random.NextDouble())), ("b", 288 + (24 * random.NextDouble())));
        }

        Assert.Same(snapshot, mesh.Set.Snapshot);
    }

    [Fact]
    public async Task WhereReportsFollowThePlan_ThePlanSettles()
    {
        // Two zones with as many callers, instances of a third of the speed in this one; what they report depends on the load that they get, and varies.
        await using var mesh = await StartAsync("a", Zoned(("a", 4), ("b", 4)), callers: Callers("a", ("a", 4), ("b", 4)));
        var (random, plans) = (new Random(7), 0);
        for (var second = 0; second < 600; second++)
        {
            var (snapshot, local) = (mesh.Set.Snapshot, mesh.Set.Snapshot!.LocalShare!.Value);
            foreach (var endpoint in mesh.Endpoints)
            {
                var (rate, speed) = endpoint.Metadata.Zone == "a" ? (50 * local, 100) : (50 * (2 - local), 300);
                var utilization = (0.02 + (rate / speed)) * (0.95 + (0.1 * random.NextDouble()));
                endpoint.Observe(new LoadReport { RequestsPerSecond = rate, CpuUtilization = utilization }, mesh.Time.GetTimestamp());
            }

            mesh.Advance(1_000);
            plans += ReferenceEquals(snapshot, mesh.Set.Snapshot) ? 0 : 1;
        }

        Assert.Equal(0.5, mesh.Set.Snapshot!.LocalShare!.Value, 0.05);
        Assert.InRange(plans, 1, 3);
    }

    [Fact]
    public async Task AWeakZone_ThatIsHeardOnlyWhileItIsCalled_IsNotForgottenInBetween()
    {
        await using var mesh = await StartAsync("a", Zoned(("a", 4), ("b", 4)), callers: Callers("a", ("a", 6), ("b", 4)));
        var plans = 0;
        for (var second = 0; second < 1200; second++)
        {
            var snapshot = mesh.Set.Snapshot!;
            Pass(mesh, 1, snapshot.LocalShare < 1 ? [("a", 500), ("b", 100)] : [("a", 500)]);
            plans += ReferenceEquals(snapshot, mesh.Set.Snapshot) ? 0 : 1;
        }

        Assert.Equal(1, mesh.Set.Snapshot!.LocalShare);
        Assert.Equal(1, plans);
    }

    [Fact]
    public async Task WhereNobodyReports_TheBeatMakesNoPlan()
    {
        await using var mesh = await StartAsync("a", Zoned(("a", 2), ("b", 6)), callers: Callers("a", ("a", 4), ("b", 4)));
        mesh.Advance(30_000);
        var snapshot = mesh.Set.Snapshot;

        mesh.Advance(120_000);

        Assert.Same(snapshot, mesh.Set.Snapshot);
    }

    [Fact]
    public async Task InANamedOrder_HealthIsThatOfWhatIsReported()
    {
        await using var mesh = await StartAsync(
            "a", [.. Zoned(("a", 3), ("b", 4)), Endpoint("a", 4, healthy: false)], static policy => policy.Zone.Failover = ["b"], Callers("a", ("a", 4), ("b", 4)));
        Assert.Equal(1, mesh.Set.Snapshot!.LocalShare);

        // The one that is down had two fifths of the zone: 1.4 times the rest is 84 % of it.
        foreach (var endpoint in mesh.Endpoints.Where(static endpoint => !endpoint.IsHealthy))
        {
            Report(endpoint, 200, mesh.Time.GetTimestamp());
        }

        Pass(mesh, 30, ("a", 100));

        Assert.Equal(0.84, mesh.Set.Snapshot!.LocalShare);
    }

    private static List<(string Name, double Capacity)> Capacities(MeshEndpoint[] all) => [.. ZoneGroup.Of(all, all, 1.4, Subjects.At(Now), []).Select(static zone => (zone.Name, Math.Round(zone.Capacity, 6)))];

    private static void Report(MeshEndpoint[] endpoints, double capacity)
    {
        foreach (var endpoint in endpoints)
        {
            Report(endpoint, capacity, Subjects.At(1));
            Report(endpoint, capacity, Subjects.At(Now - 1));
        }
    }

    private static void Report(MeshEndpoint endpoint, double capacity, long now) => endpoint.Observe(new LoadReport { RequestsPerSecond = capacity / 2, ApplicationUtilization = 0.5 }, now);

    // Second by second, with the reports of those zones that report.
    private static void Pass(VirtualMesh mesh, int seconds, params (string Zone, double Capacity)[] reports)
    {
        for (var second = 0; second < seconds; second++)
        {
            foreach (var endpoint in mesh.Endpoints)
            {
                if (endpoint.IsHealthy && reports.FirstOrDefault(zone => zone.Zone == endpoint.Metadata.Zone) is { Zone: not null } report)
                {
                    Report(endpoint, report.Capacity, mesh.Time.GetTimestamp());
                }
            }

            mesh.Advance(1_000);
        }
    }

    private MeshEndpoint[] Members(string zone, int count, int weight = 1, int from = 1) =>
        [.. Enumerable.Range(from, count).Select(number => new MeshEndpoint(
            new DiscoveredEndpoint(new Uri($"http://10.0.{(int)zone[0]}.{number}:8080"), new EndpointMetadata { Zone = zone, Weight = weight }, null), _subjects.Clock, new CircuitBreakerSettings(), new Random(1)))];
}
