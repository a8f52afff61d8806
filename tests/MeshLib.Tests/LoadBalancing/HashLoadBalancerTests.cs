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
    public void CreatePicker_OfASetThatOneComesToAndLeaves_ReadsNoHashAgain(string name)
    {
        var set = _subjects.Endpoints(1_000);
        var balancer = Create(name);
        var owner = balancer.CreatePicker(set).Pick(Keyed("k"));
        balancer.CreatePicker(set[1..]);
        balancer.CreatePicker(set);

        var before = GC.GetAllocatedBytesForCurrentThread();
        balancer.CreatePicker(set[1..]);
        var picker = balancer.CreatePicker(set);

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 500_000);
        Assert.Same(owner, picker.Pick(Keyed("k")));
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
