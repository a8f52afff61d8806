using CsCheck;

namespace MeshLib.Tests.Hashing;

public class MaglevTableTests
{
    [Theory]
    [InlineData("127.0.0.1:", "92 94 90 91 95 90 93")]
    [InlineData("", "92 95 90 93 94 91 90")]
    public void Of_EnvoysSixHosts_IsEnvoysTable(string prefix, string slots)
    {
        HashedHost[] hosts = [.. Enumerable.Range(90, 6).Select(port => new HashedHost($"{prefix}{port}", 1))];
        var table = MaglevTable.Of(hosts, size: 7);

        Assert.Equal(slots, string.Join(' ', table.Owners.ToArray().Select(owner => hosts[owner].Key[prefix.Length..])));
    }

    [Fact]
    public void Of_WeightsOneAndTwo_SharesTheSlotsSo()
    {
        var owners = MaglevTable.Of([new("127.0.0.1:90", 1), new("127.0.0.1:91", 2)]).Owners;

        Assert.Equal([21846, 43691], [owners.Count(0), owners.Count(1)]);
    }

    [Fact]
    public void Of_TwentyHosts_IsEvenToASlotAndLosesLittleToAChange()
    {
        HashedHost[] hosts = [.. Enumerable.Range(0, 20).Select(static i => new HashedHost($"10.0.0.{i}:80", 1))];
        var before = MaglevTable.Of(hosts).Owners;
        var after = MaglevTable.Of(hosts[..^1]).Owners;
        var moved = 0;
        for (var i = 0; i < before.Length; i++)
        {
            moved += before[i] == after[i] ? 0 : 1;
        }

        for (var host = 0; host < hosts.Length; host++)
        {
            Assert.InRange(before.Count(host), 3276, 3277);
        }

        // A twentieth has to move.
        Assert.InRange(moved / (double)before.Length, 0.05, 0.06);
    }

    [Fact]
    public void Of_AnyWeights_SharesInProportion() => Gen.Int[1, 100].Array[1, 50].Sample(weights =>
    {
        var owners = MaglevTable.Of([.. weights.Select((weight, i) => new HashedHost($"10.0.0.{i}:80", weight))]).Owners;
        for (var host = 0; host < weights.Length; host++)
        {
            // At the first turn every host takes a slot, due or not, and at the last one not all do: a host is at most two ahead, and those that are ahead have it from the others by weight.
            var share = weights[host] / (double)weights.Sum();
            Assert.InRange(owners.Count(host), (MaglevTable.Size * share) - (weights.Length * share) - 1, (MaglevTable.Size * share) + 2);
        }
    }, iter: 30);

    [Fact]
    public void Of_TheSameHostsInAnyOrder_GivesEachKeyTheSameHost()
    {
        HashedHost[] hosts = [.. Enumerable.Range(0, 30).Select(static i => new HashedHost($"10.0.0.{i}:80", 1 + (i % 3)))];
        HashedHost[] turned = [.. hosts.Reverse()];
        var one = MaglevTable.Of(hosts).Owners;
        var other = MaglevTable.Of(turned).Owners;

        for (var i = 0; i < one.Length; i++)
        {
            Assert.Equal(hosts[one[i]], turned[other[i]]);
        }
    }
}
