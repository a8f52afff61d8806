using static MeshLib.Tests.LoadBalancing.Subjects;

namespace MeshLib.Tests.LoadBalancing;

public class RoundRobinLoadBalancerTests
{
    private readonly Subjects _subjects = new();

    [Fact]
    public void Pick_GoesRound()
    {
        var set = _subjects.Endpoints(5);
        var picker = new RoundRobinLoadBalancer(new Random(3)).CreatePicker(set);

        var picks = Enumerable.Range(0, 10).Select(_ => picker.Pick(Call())).ToArray();

        Assert.Equal(5, picks[..5].Distinct().Count());
        Assert.Equal(picks[..5], picks[5..]);
    }

    [Fact]
    public void Pick_AfterANewPicker_GoesOnWhereTheOldOneWas()
    {
        var set = _subjects.Endpoints(4);
        var balancer = new RoundRobinLoadBalancer(new Random(3));

        var picks = Enumerable.Range(0, 4).Select(_ => balancer.CreatePicker(set).Pick(Call()));

        Assert.Equal(4, picks.Distinct().Count());
    }

    [Fact]
    public void Pick_WithWeights_GoesOnSmoothlyThroughAnyNumberOfNewPickers()
    {
        MeshEndpoint[] set = [_subjects.Endpoint(1, weight: 5), _subjects.Endpoint(2), _subjects.Endpoint(3)];
        var (steady, rebuilt) = (new RoundRobinLoadBalancer(new Random(3)), new RoundRobinLoadBalancer(new Random(3)));
        var picker = steady.CreatePicker(set);

        for (var i = 0; i < 70; i++)
        {
            Assert.Same(picker.Pick(Call()), rebuilt.CreatePicker(set).Pick(Call()));
        }
    }

    [Fact]
    public void Pick_WhileANewcomersWeightGrows_FollowsIt()
    {
        var set = Enumerable.Range(1, 4).Select(i => _subjects.Endpoint(i, weight: 1000)).ToArray();
        var balancer = new RoundRobinLoadBalancer(new Random(3));
        var (hits, due) = (0, 0.0);
        for (var weight = 100; weight <= 1000; weight += 30)
        {
            set[2].Metadata = set[2].Metadata with { Weight = weight };
            var picker = balancer.CreatePicker(set);
            hits += Enumerable.Range(0, 20).Count(_ => picker.Pick(Call()) == set[2]);
            due += 20.0 * weight / (3000 + weight);
            Assert.InRange(hits, due - 8, due + 8);
        }
    }

    [Fact]
    public void Pick_OfManyClients_BeginsAnywhere()
    {
        var set = _subjects.Endpoints(4);

        var first = Enumerable.Range(0, 100).Select(seed => new RoundRobinLoadBalancer(new Random(seed)).CreatePicker(set).Pick(Call()));

        Assert.Equal(4, first.Distinct().Count());
    }

    [Fact]
    public void Pick_WithWeights_IsNeverFarFromTheShare()
    {
        int[] weights = [1, 3, 7, 20, 69];
        var set = weights.Select((weight, i) => _subjects.Endpoint(i, weight)).ToArray();
        var picker = new RoundRobinLoadBalancer(new Random(3)).CreatePicker(set);
        var hits = set.ToDictionary(e => e, _ => 0);

        for (var i = 1; i <= 5_000; i++)
        {
            hits[picker.Pick(Call())!]++;
            Assert.All(hits, pair => Assert.InRange(pair.Value - (i * pair.Key.Metadata.Weight / 100.0), -6, 6));
        }
    }
}
