using static MeshLib.Tests.LoadBalancing.Subjects;

namespace MeshLib.Tests.LoadBalancing;

public class HashPickerTests
{
    private readonly Subjects _subjects = new();

    public static TheoryData<string> Names => [LoadBalancers.RingHash, LoadBalancers.Maglev];

    [Theory]
    [MemberData(nameof(Names))]
    public void Pick_WhenTheCallHasTriedAllThatAreLive_WalksNoFurtherThanAtFirst(string name)
    {
        var set = _subjects.Endpoints(3);
        var table = Table(name, set);
        var picker = new HashPicker(table, [null, set[1], null], new RequestHash([]), bound: null, new Random(1));

        for (var key = 0; key < 100; key++)
        {
            var first = table.Steps(() => Assert.Same(set[1], picker.Pick(Keyed($"{key}"))));

            Assert.Equal(first, table.Steps(() => Assert.Same(set[1], picker.Pick(Keyed($"{key}", set[1])))));
            Assert.Equal(first, table.Steps(() => Assert.Same(set[1], picker.Pick(Keyed($"{key}", set)))));
        }
    }

    [Theory]
    [InlineData(LoadBalancers.RingHash, 5)]
    [InlineData(LoadBalancers.RingHash, 50)]
    [InlineData(LoadBalancers.Maglev, 5)]
    [InlineData(LoadBalancers.Maglev, 50)]
    public void Pick_WhenAllButOneOfTheFewThatAreLiveAreFull_WalksNoFurtherThanForOnePlace(string name, int left)
    {
        var set = _subjects.Endpoints(10_000);
        var live = set.Select((endpoint, i) => i % (set.Length / left) == 7 ? endpoint : null).ToArray();
        foreach (var full in live.OfType<MeshEndpoint>().Skip(1))
        {
            for (var i = 0; i < 20; i++)
            {
                full.Load.Begin();
            }
        }

        var table = Table(name, set);
        var picker = new HashPicker(table, live, new RequestHash([]), new BoundedLoad(live, Hosts(set), factor: 1), new Random(1));

        for (var key = 0; key < 100; key++)
        {
            Assert.InRange(table.Steps(() => Assert.Contains(picker.Pick(Keyed($"{key}")), live)), 0, 1_024);
        }
    }

    private static CountingTable Table(string name, MeshEndpoint[] set) => new(name == LoadBalancers.RingHash ? HashRing.Of(Hosts(set)) : MaglevTable.Of(Hosts(set)));

    private static HashedHost[] Hosts(MeshEndpoint[] set) => Array.ConvertAll(set, static endpoint => new HashedHost(endpoint.Prefix, 1));

    /// <summary>A table that counts the steps which are taken on it.</summary>
    private sealed class CountingTable(HashTable table) : HashTable(table.Owners.ToArray())
    {
        private int _steps;

        public int Steps(Action action)
        {
            _steps = 0;
            action();
            return _steps;
        }

        public override int PlaceOf(ulong hash) => table.PlaceOf(hash);

        public override int After(int place, ref ulong hash)
        {
            _steps++;
            return table.After(place, ref hash);
        }
    }
}
