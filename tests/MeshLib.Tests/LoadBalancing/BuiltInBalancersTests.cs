using CsCheck;
using static MeshLib.Tests.LoadBalancing.Subjects;

namespace MeshLib.Tests.LoadBalancing;

/// <summary>What holds for every balancer that is built in.</summary>
public class BuiltInBalancersTests
{
    private readonly Subjects _subjects = new();

    public static TheoryData<string> Names => [.. LoadBalancers.BuiltIn];

    /// <summary>Those whose shares are weights at any load: not PeakEwma, which takes weight for capacity, nor RingHash, whose shares are rough.</summary>
    public static TheoryData<string> SharedByWeight => [.. LoadBalancers.BuiltIn.Except([LoadBalancers.PeakEwma, LoadBalancers.RingHash])];

    [Theory]
    [MemberData(nameof(Names))]
    public void Pick_OfAnEmptySet_IsNull(string name) => Assert.Null(Create(name).CreatePicker([]).Pick(Call()));

    [Theory]
    [MemberData(nameof(Names))]
    public void Pick_OnRetries_IsOfTheSetAndDistinctUntilAllWereTried(string name) => Gen.Select(Gen.Int[0, 20].Array[1, 20], Gen.Int[0, 1 << 20]).Sample((weights, seed) =>
    {
        var set = weights.Select((weight, i) => _subjects.Endpoint(i, weight)).ToArray();
        var picker = Create(name, seed).CreatePicker(set);

        // Weight 0 is the last resort: among others it is no member.
        var members = weights.Any(static weight => weight > 0) ? set.Where(static e => e.Metadata.Weight > 0).ToArray() : set;
        var tried = new List<MeshEndpoint>();
        for (var i = 0; i < members.Length; i++)
        {
            tried.Add(picker.Pick(Call(0, [.. tried]))!);
        }

        return tried.ToHashSet().SetEquals(members) && members.Contains(picker.Pick(Call(0, [.. tried])));
    }, iter: 50);

    [Theory]
    [MemberData(nameof(Names))]
    public void Pick_OfAnySetAfterAnyOther_IsOfTheSet(string name) => Gen.Select(Gen.Select(Gen.Int[1, 40], Gen.Int[0, 3]).Array[1, 12], Gen.Int[0, 1 << 20]).Sample((sets, seed) =>
    {
        var all = Enumerable.Range(0, 40).Select(i => _subjects.Endpoint(i, 1 + (i % 4))).ToArray();
        var balancer = Create(name, seed);
        return sets.All(next =>
        {
            var set = all.Where((_, i) => (i + next.Item2) % 4 != 0 || i == 1).Take(next.Item1).ToArray();
            var picker = balancer.CreatePicker(set);
            return Enumerable.Range(0, 50).All(i => set.Contains(picker.Pick(Keyed($"{i}"))));
        });
    }, iter: 50);

    [Theory]
    [MemberData(nameof(SharedByWeight))]
    public void Pick_OfAnyWeights_HonoursThemWithin3PercentAt100000Picks(string name) => Gen.Select(Gen.Int[5, 50].Array[2, 8], Gen.Int[0, 1 << 20]).Sample((weights, seed) =>
    {
        var hits = Hits(Create(name, seed).CreatePicker(Endpoints(weights)));
        for (var i = 0; i < weights.Length; i++)
        {
            // Chance has its own say: four standard deviations, which at the smallest share here are another 4 %.
            var expected = 100_000.0 * weights[i] / weights.Sum();
            var chance = name is LoadBalancers.RoundRobin or LoadBalancers.WeightedRoundRobin ? 0 : 4 * Math.Sqrt(expected);
            Assert.InRange(hits[i], (0.97 * expected) - chance, (1.03 * expected) + chance);
        }
    }, iter: 8);

    /// <summary>What a registry may say: everything outside of 0 to 65535 counts as the nearest of them, and 0 as no traffic while others have some.</summary>
    [Theory]
    [MemberData(nameof(SharedByWeight))]
    public void Pick_OfWeightsOutOfBounds_ClampsThem(string name)
    {
        var hits = Hits(Create(name).CreatePicker(Endpoints([0, -5, int.MaxValue, 65535, 21845])));

        Assert.Equal([0, 0, 42_857, 42_857, 14_286], hits[..5], static (expected, actual) => Math.Abs(expected - actual) <= 0.03 * expected);
    }

    [Theory]
    [MemberData(nameof(SharedByWeight))]
    [InlineData(LoadBalancers.RingHash)]
    public void Pick_OfOneGiantAmongThousands_GivesItItsShare(string name)
    {
        var set = Endpoints([65535, .. Enumerable.Repeat(1, 2_000)]);
        var picker = Create(name).CreatePicker(set);

        var ofGiant = Enumerable.Range(0, 10_000).Count(i => picker.Pick(Keyed($"user-{i}")) == set[0]);

        Assert.Equal(65_535.0 / 67_535, ofGiant / 10_000.0, 0.01);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Pick_ByManyThreads_IsOfThePickersSet(string name)
    {
        var set = Endpoints([1, 2, 3, 4, 5, 6, 7, 8]);
        var balancer = new LoadBalancers([], new NoServices(), new LockedRandom(1)).Create(new LoadBalancingSettings { Policy = name, BoundedLoad = 1.25 });
        var current = Of(set);
        var strays = 0;

        Parallel.For(0, 4, worker =>
        {
            for (var i = 0; i < 5_000; i++)
            {
                var (picker, members) = Volatile.Read(ref current);
                var endpoint = picker.Pick(Keyed($"{i % 100}"));
                if (endpoint is null || !members.Contains(endpoint))
                {
                    Interlocked.Increment(ref strays);
                    continue;
                }

                endpoint.Load.Begin();
                if (worker == 0 && i % 500 == 0)
                {
                    Volatile.Write(ref current, Of(set[(i / 500 % 4)..]));
                }

                endpoint.Load.End();
            }
        });

        Assert.Equal(0, strays);
        Assert.All(set, static endpoint => Assert.Equal(0, endpoint.InFlight));

        Tuple<EndpointPicker, HashSet<MeshEndpoint>> Of(MeshEndpoint[] members) => Tuple.Create(balancer.CreatePicker(members), members.ToHashSet());
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Pick_AllocatesNothing(string name)
    {
        var picker = Create(name).CreatePicker(Endpoints([1, 2, 3, 4]));
        var call = Call();
        call.Request.SetMeshHashKey("user-1");
        picker.Pick(call);

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1_000; i++)
        {
            picker.Pick(call);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void CreatePicker_WhenOneOfTenThousandLeaves_AllocatesLessThanTheRegistrysAnswer(string name)
    {
        var set = _subjects.Endpoints(10_000);
        var balancer = Create(name);
        balancer.CreatePicker(set);

        var before = GC.GetAllocatedBytesForCurrentThread();
        balancer.CreatePicker(set[1..]);

        // Consul describes ten thousand instances in 12 MB.
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 12_000_000);
    }

    private static LoadBalancer Create(string name, int seed = 12345) => new LoadBalancers([], new NoServices(), new Random(seed)).Create(name);

    private MeshEndpoint[] Endpoints(int[] weights) => [.. weights.Select((weight, i) => _subjects.Endpoint(i, weight))];

    /// <summary>Chance for many threads, with a seed.</summary>
    private sealed class LockedRandom(int seed) : Random(seed)
    {
        private readonly Lock _lock = new();

        public override int Next(int maxValue)
        {
            lock (_lock)
            {
                return base.Next(maxValue);
            }
        }

        public override long NextInt64()
        {
            lock (_lock)
            {
                return base.NextInt64();
            }
        }
    }

    // One at a time, each with a key of its own.
    private static int[] Hits(EndpointPicker picker)
    {
        var hits = Enumerable.Range(0, 100_000).Select(i => picker.Pick(Keyed($"user-{i}"))!.Address.Host).CountBy(static host => host).ToDictionary();
        return [.. Enumerable.Range(0, 8).Select(i => hits.GetValueOrDefault($"10.0.0.{i}"))];
    }
}
