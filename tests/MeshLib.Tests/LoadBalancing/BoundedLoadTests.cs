using static MeshLib.Tests.LoadBalancing.Subjects;

namespace MeshLib.Tests.LoadBalancing;

public class BoundedLoadTests
{
    private readonly Subjects _subjects = new();

    [Theory]
    [InlineData(0, 1.5, 0.25, 2, 1)]
    [InlineData(9, 1.5, 0.25, 15, 4)]
    [InlineData(99, 1.5, 0.25, 150, 38)]
    [InlineData(99, 2.0, 0.1, 200, 20)]
    [InlineData(9, 1.2, 1.0 / 3, 12, 4)]
    public void Slots_AreThoseOfEnvoy(int inFlight, double factor, double share, int total, int slots)
    {
        Assert.Equal(total, BoundedLoad.TotalSlots(inFlight, factor));
        Assert.Equal(slots, BoundedLoad.Slots(inFlight, factor, share));
    }

    [Theory]
    [InlineData(LoadBalancers.RingHash, 4, 1.25)]
    [InlineData(LoadBalancers.Maglev, 4, 1.25)]
    [InlineData(LoadBalancers.RingHash, 8, 1)]
    [InlineData(LoadBalancers.Maglev, 8, 2)]
    public void Pick_OfOneKey_KeepsEveryEndpointWithinTheBound(string name, int count, double factor)
    {
        var set = _subjects.Endpoints(count);
        var picker = Hashed(name, factor).CreatePicker(set);
        var call = Keyed("hot");

        for (var inFlight = 0; inFlight < 200; inFlight++)
        {
            var picked = picker.Pick(call)!;
            Assert.True(picked.InFlight < BoundedLoad.Slots(inFlight, factor, 1.0 / count), $"{picked.InFlight} of {inFlight}");
            picked.Load.Begin();
        }
    }

    [Theory]
    [InlineData(LoadBalancers.RingHash)]
    [InlineData(LoadBalancers.Maglev)]
    public void Pick_OfAFullEndpointsKey_ComesBackWhenThereIsRoom(string name)
    {
        var set = _subjects.Endpoints(10);
        var picker = Hashed(name, 1.25).CreatePicker(set);
        var home = picker.Pick(Keyed("hot"))!;
        for (var i = 0; i < 5; i++)
        {
            home.Load.Begin();
        }

        var away = picker.Pick(Keyed("hot"))!;
        Assert.NotSame(home, away);
        Assert.Same(away, picker.Pick(Keyed("hot")));

        for (var i = 0; i < 5; i++)
        {
            home.Load.End();
        }

        Assert.Same(home, picker.Pick(Keyed("hot")));
    }

    [Theory]
    [InlineData(LoadBalancers.RingHash)]
    [InlineData(LoadBalancers.Maglev)]
    public void Pick_WhenOneOfManyIsFull_SpreadsItsKeysOverTheRest(string name)
    {
        var set = _subjects.Endpoints(200);
        var balancer = Hashed(name, 1.25);
        var full = balancer.CreatePicker(set).Pick(Keyed("hot"))!;
        for (var i = 0; i < 100; i++)
        {
            full.Load.Begin();
        }

        // The sum is read when the picker is made, and again every so often.
        var picker = balancer.CreatePicker(set);
        var picks = Enumerable.Range(0, 20_000).Select(i => picker.Pick(Keyed($"user-{i}"))!).CountBy(static e => e).ToDictionary();

        Assert.DoesNotContain(full, picks.Keys);
        Assert.InRange(picks.Values.Max(), 0, 3 * 20_000 / 199);
    }

    [Fact]
    public void Fullness_OfAnEndpointThatWarmsUp_IsThatOfItsKeys()
    {
        var set = _subjects.Endpoints(4);
        set[0].Health.Share = 0.1;
        foreach (var endpoint in set)
        {
            for (var i = 0; i < 10; i++)
            {
                endpoint.Load.Begin();
            }
        }

        var bound = new BoundedLoad(set, [.. set.Select(static endpoint => new HashedHost(endpoint.Prefix, endpoint.Metadata.Weight))], 1.25);

        Assert.All(Enumerable.Range(0, 4), index => Assert.Equal(10.0 / BoundedLoad.Slots(40, 1.25, 0.25), bound.Fullness(index)));
    }

    [Theory]
    [InlineData(LoadBalancers.RingHash)]
    [InlineData(LoadBalancers.Maglev)]
    public void Pick_WhenSomeAreNotLive_BoundsTheSharesOfTheOthers(string name)
    {
        var set = _subjects.Endpoints(8);
        var picker = Hashed(name, 1.25).CreatePicker(set[..4], set);

        for (var inFlight = 0; inFlight < 200; inFlight++)
        {
            var picked = picker.Pick(Keyed("hot"))!;
            Assert.Contains(picked, set[..4]);
            Assert.True(picked.InFlight < BoundedLoad.Slots(inFlight, 1.25, 1.0 / 4), $"{picked.InFlight} of {inFlight}");
            picked.Load.Begin();
        }
    }

    private static LoadBalancer Hashed(string name, double boundedLoad) =>
        new LoadBalancers([], new NoServices(), new Random(12345)).Create(new LoadBalancingSettings { Policy = name, BoundedLoad = boundedLoad });
}
