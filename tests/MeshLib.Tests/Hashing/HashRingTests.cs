using CsCheck;

namespace MeshLib.Tests.Hashing;

public class HashRingTests
{
    private static readonly HashedHost[] s_envoyHosts = [.. Enumerable.Range(90, 6).Select(static port => new HashedHost($"127.0.0.1:{port}", 1))];

    [Fact]
    public void Of_EnvoysSixHosts_IsEnvoysRing()
    {
        var ring = HashRing.Of(s_envoyHosts, entriesPerWeight: 2);

        Assert.Equal(
            [
                (94, 833437586790550860), (92, 928266305478181108), (90, 1033482794131418490), (95, 3551244743356806947), (93, 3851675632748031481), (91, 5583722120771150861),
                (91, 6311230543546372928), (93, 7700377290971790572), (95, 13144177310400110813), (92, 13444792449719432967), (94, 15516499411664133160), (90, 16117243373044804889),
            ],
            Entries(ring, s_envoyHosts));
    }

    [Theory]
    [InlineData(0UL, 94)]
    [InlineData(ulong.MaxValue, 94)]
    [InlineData(3551244743356806947, 95)]
    [InlineData(3551244743356806948, 93)]
    [InlineData(16117243373044804880, 90)]
    public void PlaceOf_IsTheFirstEntryAtOrAfterTheHash(ulong hash, int port)
    {
        var ring = HashRing.Of(s_envoyHosts, entriesPerWeight: 2);

        Assert.Equal($"127.0.0.1:{port}", s_envoyHosts[ring.Owners[ring.PlaceOf(hash)]].Key);
    }

    [Fact]
    public void Of_EnvoysHostNames_IsEnvoysRing()
    {
        HashedHost[] hosts = [.. Enumerable.Range(90, 6).Select(static port => new HashedHost($"{port}", 1))];

        Assert.Equal(
            [
                (95, 1975508444536362413), (95, 2376063919839173711), (93, 2386806903309390596), (94, 6749904478991551885), (93, 6803900775736438537), (92, 7225015537174310577),
                (90, 8787465352164086522), (92, 11282020843382717940), (91, 13723418369486627818), (90, 13776502110861797421), (91, 14338313586354474791), (94, 15364271037087512980),
            ],
            Entries(HashRing.Of(hosts, entriesPerWeight: 2), hosts));
    }

    [Fact]
    public void Of_Weights_HasEntriesInProportion()
    {
        HashedHost[] hosts = [new("a", 3), new("b", 3), new("c", 4)];
        var ring = HashRing.Of(hosts, entriesPerWeight: 1);

        Assert.Equal("abcbbaccca", string.Concat(ring.Owners.ToArray().Select(owner => hosts[owner].Key)));
        Assert.Equal(
            [
                4148279810343392165, 4189641231046734040, 5051629784258667479, 5637671355026233228, 6560897439782492108, 7866922100246443948, 8142612688290817183, 14554126711339088812,
                14801583559950740418, 18017992814255492179,
            ],
            ring.Hashes.ToArray());
    }

    [Fact]
    public void Of_LocalitiesAndEndpoints_TakesTheProductOfTheirWeights()
    {
        HashedHost[] hosts = [new("A", 3 * 2), new("B", 3 * 1), new("C", 2 * 3), new("D", 2 * 1)];
        var owners = HashRing.Of(hosts).Owners.ToArray();

        Assert.Equal([6, 3, 6, 2], Enumerable.Range(0, 4).Select(host => owners.Count(owner => owner == host) / HashRing.EntriesPerWeight));
    }

    [Fact]
    public void Of_AnyChange_MovesOnlyTheKeysThatItMust() => Sets.Sample((hosts, seed) =>
    {
        var gone = seed % hosts.Length;
        HashedHost[] left = [.. hosts.Where((_, i) => i != gone)];
        var (before, after) = (HashRing.Of(hosts), HashRing.Of(left));
        foreach (var hash in Hashes(2_000, seed))
        {
            var owner = hosts[before.Owners[before.PlaceOf(hash)]];
            Assert.True(owner == hosts[gone] || owner == left[after.Owners[after.PlaceOf(hash)]], "A key of a host that stayed has moved.");
        }
    }, iter: 50);

    [Fact]
    public void Of_APreviousRing_IsTheRingFromNothing() => Gen.Select(Sets, Sets).Sample((one, other) =>
    {
        // The two sets share the hosts of low numbers, some of them with another weight.
        var (merged, fresh) = (HashRing.Of(other.Item1, HashRing.Of(one.Item1)), HashRing.Of(other.Item1));
        Assert.True(fresh.Hashes.SequenceEqual(merged.Hashes));
        Assert.True(fresh.Owners.SequenceEqual(merged.Owners));
    }, iter: 50);

    [Fact]
    public void PlaceOf_AnyHash_IsWhatASearchOfTheWholeRingFinds() => Sets.Sample((hosts, seed) =>
    {
        var ring = HashRing.Of(hosts);
        foreach (var hash in Hashes(500, seed).Concat([0UL, ulong.MaxValue, ring.Hashes[0], ring.Hashes[^1]]))
        {
            var found = ring.Hashes.BinarySearch(hash);
            Assert.Equal((found < 0 ? ~found : found) % ring.Hashes.Length, ring.PlaceOf(hash));
        }
    }, iter: 50);

    /// <summary>At a weight as registries give it, also past the total at which a ring of 128 entries a unit would be full, and beside hosts of other weights.</summary>
    [Theory]
    [InlineData(81, 100, 100)]
    [InlineData(40, 100, 100)]
    [InlineData(81, 100, 50)]
    [InlineData(20, 100, 10)]
    [InlineData(20, 100, 1)]
    [InlineData(1_000, 100, 100)]
    public void Of_OneMoreHost_MovesItsKeysAndNoOthers(int count, int weight, int weightOfNewcomer)
    {
        HashedHost[] hosts = [.. Enumerable.Range(0, count).Select(i => new HashedHost($"10.0.{i >> 8}.{i & 255}:80", weight)), new("10.1.0.0:80", weightOfNewcomer)];
        var (before, after) = (HashRing.Of(hosts[..count]), HashRing.Of(hosts));

        var hashes = Hashes(100_000, seed: 1).ToArray();
        var moved = hashes.Where(hash => before.Owners[before.PlaceOf(hash)] != after.Owners[after.PlaceOf(hash)]).ToArray();

        Assert.All(moved, hash => Assert.Equal(count, after.Owners[after.PlaceOf(hash)]));

        // Its share, which is as rough as its number of entries says.
        var share = (double)weightOfNewcomer / ((count * weight) + weightOfNewcomer);
        Assert.InRange(moved.Length / 100_000.0, 0, share * (1 + (4 / Math.Sqrt(after.Owners.Count(count)))) + 0.001);
    }

    [Fact]
    public void Of_AGiantAmongManySmallHosts_KeepsProportion()
    {
        HashedHost[] hosts = [new("giant", 65_535), .. Enumerable.Range(0, 2_000).Select(static i => new HashedHost($"10.0.{i >> 8}.{i & 255}:80", 1))];
        var owners = HashRing.Of(hosts).Owners;

        Assert.Equal(65_535.0 / 67_535, (double)owners.Count(0) / owners.Length, 0.001);
    }

    [Fact]
    public void Of_ManyHeavyHosts_StaysWithinItsSizeAndInProportion()
    {
        HashedHost[] hosts = [.. Enumerable.Range(0, 1_000).Select(static i => new HashedHost($"10.0.{i >> 8}.{i & 255}:80", i % 2 == 0 ? 100 : 50))];
        var ring = HashRing.Of(hosts);

        Assert.InRange(ring.Owners.Length, 1 << 19, 1 << 20);
        Assert.Equal(2, ring.Owners.Count(0) / (double)ring.Owners.Count(1), 0.05);
    }

    /// <summary>Up to 40 hosts of weight 1 to 4, and a seed.</summary>
    private static Gen<(HashedHost[], int)> Sets { get; } =
        Gen.Select(Gen.Int[1, 4].Array[2, 40], Gen.Int[0, 1 << 20]).Select(static (weights, seed) => (weights.Select(static (weight, i) => new HashedHost($"10.0.0.{i}:80", weight)).ToArray(), seed));

    private static IEnumerable<ulong> Hashes(int count, int seed)
    {
        var random = new Random(seed);
        return Enumerable.Range(0, count).Select(_ => (ulong)random.NextInt64(long.MinValue, long.MaxValue));
    }

    private static (int Port, ulong Hash)[] Entries(HashRing ring, HashedHost[] hosts) =>
        [.. ring.Hashes.ToArray().Select((hash, i) => (int.Parse(hosts[ring.Owners[i]].Key.Split(':')[^1], null), hash))];
}
