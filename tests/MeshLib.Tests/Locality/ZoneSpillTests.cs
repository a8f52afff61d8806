using CsCheck;

namespace MeshLib.Tests.Locality;

public class ZoneSpillTests
{
    [Theory]
    [InlineData(new[] { 40.0, 40, 20 }, new[] { 25.0, 50, 25 }, new[] { 6250, 2500, 1250 })]
    [InlineData(new[] { 20.0, 80 }, new[] { 10.0, 90 }, new[] { 5000, 5000 })]
    [InlineData(new[] { 2.0, 5, 5 }, new[] { 4.0, 5, 5 }, new[] { 10000, 0, 0 })]
    [InlineData(new[] { 1.0, 1, 1 }, new[] { 2.0, 5, 5 }, new[] { 4998, 2501, 2501 })]
    public void Shares_AreEnvoys(double[] callers, double[] capacity, int[] shares) => Assert.Equal(shares, ZoneSpill.Of(callers, capacity));

    [Fact]
    public void LostZone_GoesWhereThereIsRoom() => Assert.Equal([0, 5000, 5000], ZoneSpill.Of([1, 1, 1], [0, 10, 10]));

    [Fact]
    public void LostZoneWithNextToNoCallers_KeepsNothing() => Assert.Equal([0, 5000, 5000], ZoneSpill.Of([1, 50_000, 50_000], [0, 10, 10]));

    [Fact]
    public void ZoneWithNextToNothing_KeepsACallNowAndThen() => Assert.Equal([1, 9999], ZoneSpill.Of([1, 1], [1e-9, 10]));

    [Fact]
    public void RoomThatIsRoundedAway_IsAnyZone() => Assert.Equal([0, 10000], ZoneSpill.Of([1, 50_000], [0, 10]));

    // Envoy's own simulations, with the same bound: the load of any endpoint is the mean within a few percent.
    [Theory]
    [InlineData(new[] { 1.0, 1, 1 }, new[] { 3.0, 3, 3 })]
    [InlineData(new[] { 1.0, 1, 1 }, new[] { 2.0, 5, 5 })]
    [InlineData(new[] { 1.0, 1, 1 }, new[] { 5.0, 5, 6 })]
    [InlineData(new[] { 1.0, 1, 1 }, new[] { 10.0, 8, 8 })]
    [InlineData(new[] { 1.0, 1, 1 }, new[] { 20.0, 20, 21 })]
    [InlineData(new[] { 3.0, 2, 5 }, new[] { 4.0, 5, 5 })]
    [InlineData(new[] { 3.0, 2, 5 }, new[] { 3.0, 4, 5 })]
    public void WhenEveryZoneDoesSo_AllEndpointsHaveTheSameLoad(double[] callers, double[] capacity)
    {
        var loads = Loads(callers, capacity, out var local);

        // Where all is local, a zone with more endpoints per caller has less to do: borders are crossed for overload only.
        var most = capacity.Sum() / callers.Sum();
        Assert.All(loads, load => Assert.InRange(load, 0, 1.03));
        for (var zone = 0; zone < callers.Length; zone++)
        {
            Assert.Equal(Math.Min(1, capacity[zone] / callers[zone] / most), local[zone], 0.001);
        }
    }

    [Fact]
    public void AnyFleet_HasNoEndpointAboveTheMeanAndNoNeedlessCrossing() =>
        Gen.Select(Gen.Double[0.1, 100], Gen.Double[0.1, 100]).Array[2, 6].Sample(zones =>
        {
            double[] callers = [.. zones.Select(static zone => zone.Item1)];
            double[] capacity = [.. zones.Select(static zone => zone.Item2)];

            var loads = Loads(callers, capacity, out var local);

            for (var zone = 0; zone < zones.Length; zone++)
            {
                // Basis points are coarse for a zone that is itself a thousandth of all.
                var part = capacity[zone] / capacity.Sum();
                Assert.InRange(loads[zone], 0, 1 + (0.003 * zones.Length / part * 0.1) + 0.001);
                Assert.InRange(local[zone], 0, Math.Min(1, part / (callers[zone] / callers.Sum())) + (0.0002 / (callers[zone] / callers.Sum())));
            }
        });

    [Fact]
    public void AnyShares_AreWhole() =>
        Gen.Select(Gen.Double[0, 10], Gen.Double[0, 10]).Array[1, 8].Where(static zones => zones.Sum(static zone => zone.Item2) > 0).Sample(static zones =>
        {
            var shares = ZoneSpill.Of([.. zones.Select(static zone => zone.Item1)], [.. zones.Select(static zone => zone.Item2)]);

            Assert.Equal(ZoneSpill.Whole, shares.Sum());
            Assert.All(shares.Zip(zones), static zone => Assert.True(zone.First >= 0 && (zone.First == 0 || zone.Second.Item2 > 0)));
        });

    /// <summary>The load per unit of capacity in each zone, relative to the mean, when the callers of every zone do as they are told.</summary>
    private static double[] Loads(double[] callers, double[] capacity, out double[] local)
    {
        var loads = new double[callers.Length];
        local = new double[callers.Length];
        for (var own = 0; own < callers.Length; own++)
        {
            // The own zone comes first.
            int[] order = [own, .. Enumerable.Range(0, callers.Length).Where(zone => zone != own)];
            var shares = ZoneSpill.Of([.. order.Select(zone => callers[zone])], [.. order.Select(zone => capacity[zone])]);
            for (var i = 0; i < order.Length; i++)
            {
                loads[order[i]] += callers[own] * shares[i] / ZoneSpill.Whole;
            }

            local[own] = (double)shares[0] / ZoneSpill.Whole;
        }

        var mean = callers.Sum() / capacity.Sum();
        return [.. loads.Select((load, zone) => load / capacity[zone] / mean)];
    }
}
