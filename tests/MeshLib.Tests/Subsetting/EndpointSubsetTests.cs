using CsCheck;
using MeshLib.Tests.LoadBalancing;

namespace MeshLib.Tests.Subsetting;

public class EndpointSubsetTests
{
    private static readonly SubsettingSettings Settings = new() { Size = 20 };

    [Theory]
    [InlineData(10, 100)]
    [InlineData(7, 150)]
    [InlineData(300, 100)]
    public void ProcessesThatKnowTheirPlaces_CoverAllEvenly(int processes, int count)
    {
        var subjects = new Subjects();
        MeshEndpoint[] endpoints = [.. Enumerable.Range(1, count).Select(i => subjects.Endpoint(i, weight: 1 + (i % 3)))];
        var loads = endpoints.ToDictionary(static endpoint => endpoint, static _ => 0.0);
        for (var process = 0; process < processes; process++)
        {
            var used = EndpointSubset.Of(endpoints, endpoints, new(process, processes), Settings, seed: process).Used;
            var total = used.Sum(static endpoint => endpoint.Weight);

            // Twelve of the mean weight: fewer heavy ones, or more light ones, are as good.
            Assert.InRange(total, 12 * endpoints.Average(static endpoint => endpoint.Capacity) * (1 - 1e-9), double.MaxValue);
            foreach (var endpoint in used)
            {
                loads[endpoint] += endpoint.Weight / total;
            }
        }

        var mean = (double)processes / endpoints.Sum(static endpoint => endpoint.Capacity);
        Assert.All(loads, load => Assert.Equal(1, load.Value / load.Key.Capacity / mean, 1e-6));
    }

    [Fact]
    public void PartsAreHonouredByPickers()
    {
        var endpoints = new Subjects().Endpoints(110);
        var used = EndpointSubset.Of(endpoints, endpoints, new(3, 7), Settings, seed: 0).Used;
        Assert.Contains(used, static endpoint => endpoint.Weight is > 0.01 and < 0.99);
        var picker = new RandomLoadBalancer(new Random(5)).CreatePicker(used);

        var picks = Enumerable.Range(0, 100_000).Select(_ => picker.Pick(Subjects.Call())!).CountBy(static endpoint => endpoint).ToDictionary();

        var total = used.Sum(static endpoint => endpoint.Weight);
        Assert.All(used, endpoint => Assert.Equal(endpoint.Weight / total, picks.GetValueOrDefault(endpoint) / 100_000.0, 0.003));
    }

    [Fact]
    public void WithoutAPlace_OneChangeAltersAtMostOneEntry() =>
        Gen.Select(Gen.Int[30, 120], Gen.Long, Gen.Int[0, 1000]).Sample(static (count, seed, leaves) =>
        {
            var all = new Subjects().Endpoints(count);
            MeshEndpoint[] live = [.. all.Where((_, i) => i != leaves % count)];

            var before = EndpointSubset.Of(all, all, null, Settings, seed).Used;
            var after = EndpointSubset.Of(all, live, null, Settings, seed).Used;

            Assert.Equal((20, 20), (before.Count, after.Count));
            Assert.InRange(before.Except(after).Count(), 0, 1);
            Assert.All(after, static endpoint => Assert.Equal(1, endpoint.Weight));
        });

    [Fact]
    public void WithAPlace_AnEndpointThatFailsAltersThatOneAndTheNext()
    {
        var all = new Subjects().Endpoints(100);
        var before = EndpointSubset.Of(all, all, new(2, 10), Settings, seed: 0).Used;
        var failed = before[5];

        var after = EndpointSubset.Of(all, [.. all.Where(endpoint => endpoint != failed)], new(2, 10), Settings, seed: 0).Used;

        Assert.Equal([failed], before.Except(after));
        Assert.Single(after.Except(before));
    }

    [Fact]
    public void Scope_IsWhoIsUsedAndWhoWouldBe_HoweverManyAreDown() =>
        Gen.Select(Gen.Int[100, 200], Gen.Int[0, 1 << 16], Gen.Double[0, 1], Gen.Bool).Sample(static (count, seed, ratio, placed) =>
        {
            var (subjects, random) = (new Subjects(), new Random(seed));
            MeshEndpoint[] all = [.. Enumerable.Range(1, count).Select(i => subjects.Endpoint(i, weight: i % 7 == 0 ? 0 : 1))];
            MeshEndpoint[] live = [.. all.Where(_ => random.NextDouble() < ratio)];
            Coordinate? place = placed ? new(seed % 30, 30) : null;

            var own = EndpointSubset.Of(all, all, place, Settings, seed);
            var subset = EndpointSubset.Of(all, live, place, Settings, seed);

            Assert.Equal(own.Used.ToHashSet(), own.Scope.ToHashSet());
            Assert.Equal(own.Used.Union(subset.Used).ToHashSet(), subset.Scope.ToHashSet());
            Assert.All(subset.Used, endpoint => Assert.Contains(endpoint, live));
            Assert.Equal(live.Length > 0, subset.Used.Count > 0);

            // Those without weight are used all together when nobody else is left; an aperture has parts of endpoints at both of its ends.
            Assert.True(subset.Scope.Count <= 2 * (Settings.Size + 1) || live.All(static endpoint => endpoint.Metadata.Weight == 0), $"{subset.Scope.Count}");
        });

    [Fact]
    public void WithoutWeight_AnEndpointIsUsedOnlyWhenNobodyElseIsLeft()
    {
        var subjects = new Subjects();
        MeshEndpoint[] all = [.. Enumerable.Range(1, 100).Select(i => subjects.Endpoint(i, weight: i <= 50 ? 0 : 1))];

        Assert.All(EndpointSubset.Of(all, all, null, Settings, seed: 3).Used, static endpoint => Assert.Equal(1, endpoint.Capacity));
        Assert.All(EndpointSubset.Of(all, all, new(1, 4), Settings, seed: 3).Used, static endpoint => Assert.Equal(1, endpoint.Capacity));
        Assert.Equal(50, EndpointSubset.Of(all, all[..50], new(1, 4), Settings, seed: 3).Used.Count);
    }
}
