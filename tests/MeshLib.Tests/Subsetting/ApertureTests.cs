using CsCheck;

namespace MeshLib.Tests.Subsetting;

public class ApertureTests
{
    private const int Least = 12;

    [Fact]
    public void InstanceOneOfFive_AmongFifteen()
    {
        var aperture = new Aperture(new(1, 5), 15, Least);

        Assert.Equal((0.2, 0.8), (aperture.Offset, aperture.Width));
        Assert.Equal([.. Enumerable.Repeat(0.0, 3), .. Enumerable.Repeat(1.0, 12)], Parts(aperture, 15));
    }

    [Fact]
    public void InstanceNoughtOfThree_AmongFour_HasAll()
    {
        var aperture = new Aperture(new(0, 3), 4, Least);

        Assert.Equal(1, aperture.Width);
        Assert.Equal([1, 1, 1, 1], Parts(aperture, 4));
    }

    [Fact]
    public void InstanceOneOfTen_AmongFifty()
    {
        var parts = Parts(new(new(1, 10), 50, Least), 50);

        Assert.Equal(Enumerable.Range(5, 15), Enumerable.Range(0, 50).Where(i => parts[i] > 0));
        Assert.All(parts.Where(static part => part > 0), static part => Assert.Equal(1, part));
    }

    [Fact]
    public void ArcsFollowWeights()
    {
        // A quarter of the ring from 0 on: all of the first (.1) and three quarters of the second (.2).
        var parts = new Aperture(new(0, 4), 4, 1).Parts([0.5, 1, 1.5, 2], Usable(4));

        Assert.Equal(1, parts[0]);
        Assert.Equal(0.75, parts[1], 1e-9);
        Assert.Equal([0, 0], parts[2..]);
        Assert.Equal(Parts(new(new(0, 4), 4, 1), 4), new Aperture(new(0, 4), 4, 1).Parts([0, 0, 0, 0], Usable(4)));
        Assert.Throws<ArgumentOutOfRangeException>(() => new Aperture(new(0, 4), 2, 1).Parts([1, -1], Usable(2)));
    }

    // The load of each endpoint, and its connections, for as many clients, endpoints and least as there were in the measurement that other subsets fail.
    [Theory]
    [InlineData(10, 100, 12, 2.0)]
    [InlineData(100, 100, 12, 12)]
    [InlineData(100, 100, 20, 20)]
    [InlineData(1000, 100, 20, 209)]
    [InlineData(7, 50, 12, 2.1)]
    [InlineData(50, 300, 20, 4.0)]
    [InlineData(200, 30, 12, 86)]
    public void TogetherTheyCoverTheRingEvenly(int clients, int endpoints, int least, double connections)
    {
        var loads = new double[endpoints];
        var connected = 0;
        for (var client = 0; client < clients; client++)
        {
            var parts = Parts(new(new(client, clients), endpoints, least), endpoints);
            var sum = parts.Sum();
            Assert.True(parts.Count(static part => part > 0) >= Math.Min(least, endpoints));
            for (var i = 0; i < endpoints; i++)
            {
                loads[i] += parts[i] / sum;
                connected += parts[i] > 0 ? 1 : 0;
            }
        }

        Assert.All(loads, load => Assert.Equal(1, load / ((double)clients / endpoints), 1e-6));
        Assert.InRange((double)connected / endpoints, connections * 0.95, connections * 1.25);
    }

    [Fact]
    public void AnyWeights_AreCoveredEvenlyByAnyNumberOfClients() =>
        Gen.Select(Gen.Int[1, 40], Gen.Double[0.1, 5].Array[1, 60]).Sample(static (clients, weights) =>
        {
            var loads = new double[weights.Length];
            for (var client = 0; client < clients; client++)
            {
                var parts = new Aperture(new(client, clients), weights.Length, Least).Parts(weights, Usable(weights.Length));
                var sum = parts.Zip(weights, static (part, weight) => part * weight).Sum();
                for (var i = 0; i < loads.Length; i++)
                {
                    loads[i] += parts[i] * weights[i] / sum;
                }
            }

            var mean = clients / weights.Sum();
            Assert.All(loads.Zip(weights), load => Assert.Equal(1, load.First / load.Second / mean, 1e-4));
        });

    [Fact]
    public void WhoeverIsDown_IsReplacedByWhoFollows()
    {
        var usable = Usable(50);
        (usable[6], usable[7]) = (false, false);

        var parts = new Aperture(new(1, 10), 50, Least).Parts(Enumerable.Repeat(1.0, 50).ToArray(), usable);

        Assert.Equal([5, .. Enumerable.Range(8, 14)], Enumerable.Range(0, 50).Where(i => parts[i] > 0));
    }

    [Fact]
    public void WhenNextToNobodyIsLeft_AllOfThemAreUsed()
    {
        var usable = new bool[50];
        usable[40] = true;

        var parts = new Aperture(new(1, 10), 50, Least).Parts(Enumerable.Repeat(1.0, 50).ToArray(), usable);

        Assert.Equal([40], Enumerable.Range(0, 50).Where(i => parts[i] > 0));
        Assert.Equal(1, parts[40]);
    }

    private static double[] Parts(Aperture aperture, int endpoints) => aperture.Parts(Enumerable.Repeat(1.0, endpoints).ToArray(), Usable(endpoints));

    private static bool[] Usable(int endpoints) => [.. Enumerable.Repeat(true, endpoints)];
}
