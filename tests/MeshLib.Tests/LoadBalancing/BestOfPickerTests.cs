using CsCheck;
using static MeshLib.Tests.LoadBalancing.Subjects;

namespace MeshLib.Tests.LoadBalancing;

public class BestOfPickerTests
{
    private readonly Subjects _subjects = new();

    public static TheoryData<string> Names => [LoadBalancers.PeakEwma, LoadBalancers.LeastRequest, LoadBalancers.RoundRobin, LoadBalancers.Random];

    [Theory]
    [MemberData(nameof(Names))]
    public void Pick_OfAnEmptySet_IsNull(string name) => Assert.Null(Create(name).CreatePicker([]).Pick(Call()));

    [Theory]
    [MemberData(nameof(Names))]
    public void Pick_OfOneEndpoint_IsThatEndpointEvenWhenTried(string name)
    {
        var endpoint = _subjects.Endpoint();
        var picker = Create(name).CreatePicker([endpoint]);

        Assert.Same(endpoint, picker.Pick(Call()));
        Assert.Same(endpoint, picker.Pick(Call(0, endpoint)));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Pick_OnARetry_PrefersAnEndpointNotTried(string name)
    {
        for (var count = 2; count <= 12; count++)
        {
            var set = _subjects.Endpoints(count);
            var picker = Create(name).CreatePicker(set);
            for (var round = 0; round < 50; round++)
            {
                var tried = set[..(count - 1)];
                Assert.Same(set[^1], picker.Pick(Call(0, tried)));
            }
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Pick_WhenAllHaveBeenTried_StillServes(string name)
    {
        var set = _subjects.Endpoints(3);

        Assert.NotNull(Create(name).CreatePicker(set).Pick(Call(0, set)));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Pick_OfWeightZero_IsTheLastResort(string name)
    {
        var drained = _subjects.Endpoint(1, weight: 0);
        var other = _subjects.Endpoint(2);
        var balancer = Create(name);

        var picker = balancer.CreatePicker([drained, other]);
        Assert.All(Enumerable.Range(0, 50), _ => Assert.Same(other, picker.Pick(Call())));
        Assert.Same(drained, balancer.CreatePicker([drained]).Pick(Call()));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Pick_WhenEndpointsAreAlike_SpreadsEvenly(string name)
    {
        const int Count = 20;
        const int Rounds = 100_000;
        var set = _subjects.Endpoints(Count);
        var picker = Create(name).CreatePicker(set);

        var hits = Enumerable.Range(0, Rounds).Select(_ => picker.Pick(Call())!).CountBy(e => e).ToDictionary();

        Assert.All(set, e => Assert.InRange(hits[e], Rounds / Count * 0.94, Rounds / Count * 1.06));
    }

    [Theory]
    [InlineData(LoadBalancers.RoundRobin, 0.001)]
    [InlineData(LoadBalancers.Random, 0.02)]
    public void Pick_WithWeights_FollowsThem(string name, double tolerance)
    {
        int[] weights = [1, 2, 3, 10, 84];
        var set = weights.Select((weight, i) => _subjects.Endpoint(i, weight)).ToArray();
        var picker = Create(name).CreatePicker(set);

        var hits = Enumerable.Range(0, 100_000).Select(_ => picker.Pick(Call())!).CountBy(e => e).ToDictionary();

        Assert.All(set, e => Assert.Equal(e.Metadata.Weight / 100.0, hits[e] / 100_000.0, tolerance));
    }

    [Theory]
    [InlineData(LoadBalancers.PeakEwma)]
    [InlineData(LoadBalancers.LeastRequest)]
    public void Pick_WithWeights_KeepsAttemptsInFlightInProportion(string name)
    {
        int[] weights = [1, 2, 3];
        var set = weights.Select((weight, i) => _subjects.Endpoint(i, weight)).ToArray();
        Array.ForEach(set, e => e.Load.ObserveSuccess(0.1, At(0)));
        var picker = Create(name, choices: 3).CreatePicker(set);

        for (var i = 0; i < 600; i++)
        {
            picker.Pick(Call())!.Load.Begin();
        }

        Assert.Equal([100, 200, 300], set.Select(e => e.InFlight), (a, b) => Math.Abs(a - b) <= 2);
    }

    [Theory]
    [InlineData(100, 1)]
    [InlineData(100, 10)]
    [InlineData(100, 100)]
    [InlineData(8, 20)]
    public void PeakEwma_OfManyWithAHeavyOne_KeepsAttemptsInFlightInProportion(int count, int weight)
    {
        const int PerUnit = 50;
        MeshEndpoint[] set = [_subjects.Endpoint(0, weight), .. Enumerable.Range(1, count - 1).Select(i => _subjects.Endpoint(i))];
        Array.ForEach(set, e => e.Load.ObserveSuccess(0.1, At(0)));
        var picker = Create(LoadBalancers.PeakEwma).CreatePicker(set);

        for (var i = 0; i < PerUnit * (count - 1 + weight); i++)
        {
            picker.Pick(Call())!.Load.Begin();
        }

        Assert.InRange(set[0].InFlight, 0.9 * PerUnit * weight, 1.1 * PerUnit * weight);
        Assert.All(set[1..], static e => Assert.InRange(e.InFlight, 0.7 * PerUnit, 1.3 * PerUnit));
    }

    [Fact]
    public void PeakEwma_OfManyWithAHeavyOne_RetriesAtTheCheapestAndNotAtTheNextInLine()
    {
        MeshEndpoint[] set = [_subjects.Endpoint(0, weight: 10), .. Enumerable.Range(1, 19).Select(i => _subjects.Endpoint(i))];
        Array.ForEach(set, e => e.Load.ObserveSuccess(0.1, At(0)));
        set[1].Load.ObserveFailure(0.1, 0, At(0));
        var picker = Create(LoadBalancers.PeakEwma).CreatePicker(set);

        var retries = Enumerable.Range(0, 200).Select(_ => picker.Pick(Call(0, set[0]))!).ToHashSet();

        Assert.DoesNotContain(set[0], retries);
        Assert.DoesNotContain(set[1], retries);
        Assert.InRange(retries.Count, 10, 18);
    }

    [Fact]
    public void PeakEwma_PicksTheFasterAndTheIdler()
    {
        var set = _subjects.Endpoints(2);
        set[0].Load.ObserveSuccess(0.1, At(0));
        set[1].Load.ObserveSuccess(0.25, At(0));
        var picker = Create(LoadBalancers.PeakEwma).CreatePicker(set);

        for (var i = 0; i < 14; i++)
        {
            picker.Pick(Call())!.Load.Begin();
        }

        Assert.Equal(10, set[0].InFlight);
        Assert.Equal(4, set[1].InFlight);
    }

    [Fact]
    public void PeakEwma_GivesANewcomerOneTrialAtATime()
    {
        var set = _subjects.Endpoints(3);
        set[2].Load.Expect(EndpointLoad.NewcomerSeconds);
        set[0].Load.ObserveSuccess(0.1, At(0));
        set[1].Load.ObserveSuccess(0.1, At(0));
        var picker = Create(LoadBalancers.PeakEwma).CreatePicker(set);

        for (var i = 0; i < 40; i++)
        {
            picker.Pick(Call())!.Load.Begin();
        }

        Assert.Equal(1, set[2].InFlight);
    }

    [Fact]
    public void TwoChoices_OfAnySet_AreDistinctAndIncludeEveryEndpointEquallyOften()
    {
        const int Count = 7;
        const int Rounds = 210_000;
        var set = _subjects.Endpoints(Count);
        for (var cheap = 0; cheap < Count; cheap++)
        {
            // Only one endpoint is cheap, so a pick of another one means that the cheap one was not among the choices; a pick of it, that it was.
            var picker = Create(LoadBalancers.LeastRequest).CreatePicker(set);
            Array.ForEach(set, e => Raise(e, e == set[cheap] ? 0 : 5));
            var hits = Enumerable.Range(0, Rounds / Count).Count(_ => picker.Pick(Call()) == set[cheap]);
            Array.ForEach(set, e => Raise(e, 0));
            Assert.Equal(2.0 / Count, hits / (Rounds / (double)Count), 0.01);
        }
    }

    [Fact]
    public void Pick_FromAnySetWithAnyNumberOfChoices_FindsTheCheapestWhenItLooksAtAll() =>
        Gen.Select(Gen.Int[1, 40], Gen.Int[0, 39], Gen.Int[0, int.MaxValue]).Sample((count, cheap, seed) =>
        {
            cheap %= count;
            var set = _subjects.Endpoints(count);
            for (var i = 0; i < count; i++)
            {
                Raise(set[i], i == cheap ? 0 : 3);
            }

            // As many choices as endpoints: whatever the stride's divisors, every endpoint is looked at once.
            var picker = new BestOfPicker<LeastRequestMetric>(new CandidateSet(set), count, new Random(seed));
            return picker.Pick(Call()) == set[cheap];
        });

    [Fact]
    public void Pick_AllocatesNothing()
    {
        var picker = Create(LoadBalancers.PeakEwma).CreatePicker(_subjects.Endpoints(100));
        var call = Call();
        picker.Pick(call);

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
        {
            picker.Pick(call);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private static LoadBalancer Create(string name, int choices = 2) => name switch
    {
        LoadBalancers.PeakEwma => new PeakEwmaLoadBalancer(new Random(12345)),
        LoadBalancers.LeastRequest => new LeastRequestLoadBalancer(new Random(12345), choices),
        LoadBalancers.RoundRobin => new RoundRobinLoadBalancer(new Random(12345)),
        _ => new RandomLoadBalancer(new Random(12345)),
    };

    private static void Raise(MeshEndpoint endpoint, int inFlight)
    {
        while (endpoint.InFlight < inFlight)
        {
            endpoint.Load.Begin();
        }

        while (endpoint.InFlight > inFlight)
        {
            endpoint.Load.End();
        }
    }
}
