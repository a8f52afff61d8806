using CsCheck;

namespace MeshLib.Tests.Subsetting;

public class RendezvousTests
{
    [Fact]
    public void TenEndpoints_AreRankedAsTheirHashesAre()
    {
        var addresses = Addresses(10);

        Assert.Equal([1, 3, 5, 2, 8, 9, 4, 0, 6, 7], Rendezvous.Lowest(addresses, 10, seed: 0));
        Assert.Equal([1, 3, 5, 2, 8], Rendezvous.Lowest(addresses, 5, seed: 0));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(5)]
    public void NoMoreThanTheSize_AreAllUsed(int count) => Assert.Equal(Enumerable.Range(0, count), Rendezvous.Lowest(Addresses(count), 5, seed: 7).Order());

    [Fact]
    public void OneChange_AltersAtMostOneEntry() =>
        Gen.Select(Gen.Int[2, 60], Gen.Int[1, 20], Gen.Long, Gen.Int[0, 59]).Sample(static (count, size, seed, leaves) =>
        {
            var before = Addresses(count);
            List<string> after = [.. before];
            after.RemoveAt(leaves % count);

            var subset = Subset(before, size, seed);
            var other = Subset(after, size, seed);

            Assert.InRange(subset.Except(other).Count(), 0, 1);
            Assert.InRange(other.Except(subset).Count(), 0, 1);
            Assert.Equal(subset, Subset(before, size, seed));
        });

    [Fact]
    public void SeedsDiffer()
    {
        var subsets = Enumerable.Range(0, 200).Select(static seed => Subset(Addresses(100), 20, seed)).ToList();

        // 200 × 20 draws out of 100: 40 each, and a spread of √(200 × .2 × .8) = 5.7.
        var loads = subsets.SelectMany(static subset => subset).GroupBy(static address => address).Select(static group => group.Count()).ToList();
        Assert.Equal(100, loads.Count);
        Assert.All(loads, static load => Assert.InRange(load, 40 - 25, 40 + 25));
    }

    [Fact]
    public void LongAddress_IsHashedWhole() => Assert.Single(Rendezvous.Lowest([new string('ä', 600)], 1, seed: 0));

    private static string[] Addresses(int count) => [.. Enumerable.Range(0, count).Select(static i => $"endpoint-{i}")];

    private static HashSet<string> Subset(IReadOnlyList<string> addresses, int size, long seed) => [.. Rendezvous.Lowest(addresses, size, seed).Select(i => addresses[i])];
}
