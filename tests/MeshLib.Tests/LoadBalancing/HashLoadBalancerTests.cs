using CsCheck;
using static MeshLib.Tests.LoadBalancing.Subjects;

namespace MeshLib.Tests.LoadBalancing;

public class HashLoadBalancerTests
{
    private readonly Subjects _subjects = new();

    public static TheoryData<string> Names => [LoadBalancers.RingHash, LoadBalancers.Maglev];

    [Theory]
    [MemberData(nameof(Names))]
    public void Pick_OfOneKey_IsOneEndpointWhoeverAsks(string name)
    {
        var set = _subjects.Endpoints(20);
        var (one, other) = (Create(name, seed: 1).CreatePicker(set), Create(name, seed: 2).CreatePicker([.. set.Reverse()]));

        for (var i = 0; i < 1_000; i++)
        {
            Assert.Same(one.Pick(Keyed($"user-{i}")), other.Pick(Keyed($"user-{i}")));
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Pick_OfAHeadersKey_IsThatOfTheKeyItself(string name)
    {
        var set = _subjects.Endpoints(20);
        var picker = new LoadBalancers([], new NoServices(), new Random(1)).Create(new LoadBalancingSettings { Policy = name, HashKey = ["header:x-user"] }).CreatePicker(set);
        for (var i = 0; i < 100; i++)
        {
            var call = Call();
            call.Request.Headers.Add("x-user", $"user-{i}");
            Assert.Same(picker.Pick(Keyed($"user-{i}")), picker.Pick(call));
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Pick_OnRetries_GoesToDistinctEndpointsTheSameForTheSameKey(string name) => Gen.Select(Gen.Int[1, 30], Gen.Int[0, 1000]).Sample((count, key) =>
    {
        var set = _subjects.Endpoints(count);
        var picker = Create(name).CreatePicker(set);
        var (tried, again) = (new List<MeshEndpoint>(), new List<MeshEndpoint>());
        for (var i = 0; i < count; i++)
        {
            tried.Add(picker.Pick(Keyed($"{key}", [.. tried]))!);
            again.Add(picker.Pick(Keyed($"{key}", [.. again]))!);
        }

        return tried.Distinct().Count() == count && tried.SequenceEqual(again) && picker.Pick(Keyed($"{key}", [.. tried])) == tried[0];
    }, iter: 30);

    [Theory]
    [MemberData(nameof(Names))]
    public void Pick_AfterSomeHaveBeenTriedThatLeft_StillFindsTheOneNotTried(string name)
    {
        var set = _subjects.Endpoints(5);
        var picker = Create(name).CreatePicker(set[3..]);

        Assert.Same(set[4], picker.Pick(Keyed("k", set[..4])));
    }

    [Theory]
    [InlineData(LoadBalancers.RingHash, 0)]
    [InlineData(LoadBalancers.Maglev, 0.03)]
    public void Pick_AfterAnyChange_MovesFewKeysMoreThanItMust(string name, double epsilon) => Gen.Select(Gen.Int[2, 50], Gen.Int[0, 49]).Sample((count, which) =>
    {
        var set = _subjects.Endpoints(count);
        var gone = set[which % count];
        var balancer = Create(name);
        var (before, after) = (balancer.CreatePicker(set), balancer.CreatePicker([.. set.Where(e => e != gone)]));
        var calls = Enumerable.Range(0, 2_000).Select(i => Keyed($"user-{i}")).ToArray();

        var owned = calls.Count(call => before.Pick(call) == gone);
        var moved = calls.Count(call => before.Pick(call) != after.Pick(call));

        Assert.InRange(moved, owned, owned + (epsilon * calls.Length));
    }, iter: 30);

    [Theory]
    [InlineData(LoadBalancers.RingHash, 0.35)]
    [InlineData(LoadBalancers.Maglev, 0.03)]
    public void Pick_OfManyKeys_FollowsWeights(string name, double tolerance)
    {
        int[] weights = [1, 2, 3, 4];
        var set = weights.Select((weight, i) => _subjects.Endpoint(i, weight)).ToArray();
        var picker = Create(name).CreatePicker(set);

        var hits = Enumerable.Range(0, 100_000).Select(i => picker.Pick(Keyed($"user-{i}"))!).CountBy(static e => e).ToDictionary();

        Assert.All(set, e => Assert.InRange(hits[e] / (10_000.0 * e.Metadata.Weight), 1 - tolerance, 1 + tolerance));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void CreatePicker_OfTheSameSet_ReadsNoHashAgain(string name)
    {
        var set = _subjects.Endpoints(1_000);
        var balancer = Create(name);
        balancer.CreatePicker(set);
        balancer.CreatePicker(set);

        var before = GC.GetAllocatedBytesForCurrentThread();
        balancer.CreatePicker(set);

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 250_000);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void CreatePicker_WhenHealthChanges_ReadsNoHashAgain(string name)
    {
        var set = _subjects.Endpoints(1_000);
        var balancer = Create(name);
        balancer.CreatePicker(set);

        var before = GC.GetAllocatedBytesForCurrentThread();
        balancer.CreatePicker(set[1..], set);
        balancer.CreatePicker(set[..500], set);
        balancer.CreatePicker([set[7]], set);
        balancer.CreatePicker(set, set);

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1_000_000);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Pick_WhenSomeAreNotLive_MovesTheirKeysAndNoOthers(string name) => Gen.Select(Gen.Int[2, 50], Gen.Int[0, 1 << 16], Gen.Double[0, 1]).Sample((count, seed, ratio) =>
    {
        var (set, random) = (_subjects.Endpoints(count), new Random(seed));
        var live = set.Where(_ => random.NextDouble() < ratio).DefaultIfEmpty(set[seed % count]).ToArray();
        var fewer = live.Length > 1 ? live.Where((_, i) => i != seed % live.Length).ToArray() : live;
        var balancer = Create(name);
        var (all, some, less, again) = (balancer.CreatePicker(set, set), balancer.CreatePicker(live, set), balancer.CreatePicker(fewer, set), balancer.CreatePicker(set, set));
        for (var i = 0; i < 500; i++)
        {
            var (home, now, later) = (all.Pick(Keyed($"user-{i}"))!, some.Pick(Keyed($"user-{i}"))!, less.Pick(Keyed($"user-{i}"))!);
            Assert.Contains(later, fewer);
            Assert.True(live.Contains(home) ? now == home : live.Contains(now));
            Assert.True(fewer.Contains(now) ? later == now : later != now);
            Assert.Same(home, again.Pick(Keyed($"user-{i}")));
        }
    }, iter: 30);

    [Fact]
    public void Pick_OnARingWhereSomeAreNotLive_IsThatOnTheRingOfTheOthers()
    {
        var set = _subjects.Endpoints(60);
        var live = set.Where((_, i) => i % 4 == 1).ToArray();
        var (going, alone) = (Create(LoadBalancers.RingHash).CreatePicker(live, set), Create(LoadBalancers.RingHash).CreatePicker(live));

        Assert.All(Enumerable.Range(0, 2_000), i => Assert.Same(alone.Pick(Keyed($"user-{i}")), going.Pick(Keyed($"user-{i}"))));
    }

    [Theory]
    [InlineData(LoadBalancers.RingHash, 0.35)]
    [InlineData(LoadBalancers.Maglev, 0.05)]
    public void Pick_WhenSomeAreNotLive_KeepsTheSharesOfTheOthersEven(string name, double tolerance)
    {
        var set = _subjects.Endpoints(10);
        for (var live = 1; live < 10; live++)
        {
            var picker = Create(name).CreatePicker(set[..live], set);
            var hits = Enumerable.Range(0, 50_000).Select(i => picker.Pick(Keyed($"user-{i}"))!).CountBy(static e => e).ToDictionary();

            Assert.Equal(live, hits.Count);
            Assert.All(hits.Values, count => Assert.InRange(count / (50_000.0 / live), 1 - tolerance, 1 + tolerance));
        }
    }

    [Theory]
    [InlineData(LoadBalancers.RingHash, 1)]
    [InlineData(LoadBalancers.RingHash, 3)]
    [InlineData(LoadBalancers.Maglev, 1)]
    [InlineData(LoadBalancers.Maglev, 3)]
    public void Pick_WhenHardlyAnybodyIsLive_EndsAndIsThatOfTheKey(string name, int left)
    {
        var set = _subjects.Endpoints(3_000);
        var live = set[1_000..(1_000 + left)];
        var (one, other) = (Create(name, seed: 1).CreatePicker(live, set), Create(name, seed: 2).CreatePicker(live, set));

        var hits = Enumerable.Range(0, 300).Select(i =>
        {
            Assert.Same(one.Pick(Keyed($"user-{i}")), other.Pick(Keyed($"user-{i}")));
            Assert.Same(live[0], one.Pick(Keyed($"user-{i}", live[1..])));
            Assert.Contains(one.Pick(Keyed($"user-{i}", live)), live);
            return one.Pick(Keyed($"user-{i}"))!;
        }).CountBy(static e => e).ToDictionary();

        Assert.Equal(left, hits.Count);
    }

    [Theory]
    [InlineData(LoadBalancers.RingHash, 2)]
    [InlineData(LoadBalancers.RingHash, 4)]
    [InlineData(LoadBalancers.Maglev, 2)]
    [InlineData(LoadBalancers.Maglev, 4)]
    public void Pick_WhenHardlyAnybodyOfManyIsLive_GivesEachItsShareWithAKeyAndWithout(string name, int left)
    {
        const int Picks = 20_000;
        var set = _subjects.Endpoints(10_000);
        var live = Enumerable.Range(0, left).Select(i => set[1_000 + (i * 2_000)]).ToArray();
        var picker = Create(name).CreatePicker(live, set);
        var keyless = Call();

        AssertEven(i => picker.Pick(keyless)!);
        AssertEven(i => picker.Pick(Keyed($"user-{i}"))!);

        void AssertEven(Func<int, MeshEndpoint> pick)
        {
            var hits = Enumerable.Range(0, Picks).Select(pick).CountBy(static e => e).ToDictionary();
            Assert.Equal(live.ToHashSet(), hits.Keys.ToHashSet());
            Assert.All(hits.Values, count => Assert.InRange(count / ((double)Picks / left), 0.9, 1.1));
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Pick_WhenNobodyWithWeightIsLive_GoesToThoseWithout(string name)
    {
        MeshEndpoint[] set = [.. _subjects.Endpoints(5), _subjects.Endpoint(6, weight: 0), _subjects.Endpoint(7, weight: 0)];
        var balancer = Create(name);

        Assert.DoesNotContain(balancer.CreatePicker(set, set).Pick(Keyed("k")), set[5..]);
        Assert.DoesNotContain(balancer.CreatePicker(set[4..], set).Pick(Keyed("k")), set[5..]);
        Assert.Contains(balancer.CreatePicker(set[5..], set).Pick(Keyed("k")), set[5..]);
        Assert.Same(set[6], balancer.CreatePicker(set[6..], set).Pick(Keyed("k")));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Pick_OnRetries_GoesRoundThoseThatAreLive(string name)
    {
        var set = _subjects.Endpoints(20);
        MeshEndpoint[] live = [set[2], set[3], set[11], set[17]];
        var picker = Create(name).CreatePicker(live, set);

        for (var key = 0; key < 50; key++)
        {
            var tried = new List<MeshEndpoint>();
            for (var attempt = 0; attempt < live.Length; attempt++)
            {
                tried.Add(picker.Pick(Keyed($"{key}", [.. tried]))!);
            }

            Assert.Equal(live.ToHashSet(), tried.ToHashSet());
            Assert.Same(tried[0], picker.Pick(Keyed($"{key}", [.. tried])));
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void CreatePicker_OfTwoEndpointsThatDifferByASlash_TakesThemForOne(string name)
    {
        var twins = Enumerable.Range(0, 2).Select(i =>
            new MeshEndpoint(new DiscoveredEndpoint(new Uri("http://10.0.0.1:80/api" + new string('/', i)), EndpointMetadata.None, null), _subjects.Clock, new CircuitBreakerSettings(), new Random(1)));
        MeshEndpoint[] set = [.. twins, _subjects.Endpoint(7)];
        var picker = Create(name).CreatePicker(set);

        var hits = Enumerable.Range(0, 10_000).Count(i => picker.Pick(Keyed($"user-{i}")) == set[2]);

        Assert.InRange(hits, 3_500, 6_500);
    }

    private static LoadBalancer Create(string name, int seed = 12345) => new LoadBalancers([], new NoServices(), new Random(seed)).Create(name);
}
