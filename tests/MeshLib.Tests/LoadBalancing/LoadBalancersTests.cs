using Microsoft.Extensions.DependencyInjection;

namespace MeshLib.Tests.LoadBalancing;

public class LoadBalancersTests
{
    private static readonly IServiceProvider s_services = new ServiceCollection().BuildServiceProvider();

    [Theory]
    [InlineData("PeakEwma", typeof(PeakEwmaLoadBalancer))]
    [InlineData("peakewma", typeof(PeakEwmaLoadBalancer))]
    [InlineData("LeastRequest", typeof(LeastRequestLoadBalancer))]
    [InlineData("ROUNDROBIN", typeof(RoundRobinLoadBalancer))]
    [InlineData("Random", typeof(RandomLoadBalancer))]
    [InlineData("WeightedRandom", typeof(RandomLoadBalancer))]
    [InlineData("WeightedRoundRobin", typeof(WeightedRoundRobinLoadBalancer))]
    [InlineData("ringhash", typeof(RingHashLoadBalancer))]
    [InlineData("Maglev", typeof(MaglevLoadBalancer))]
    public void Create_OfABuiltInName_MakesIt(string name, Type expected)
    {
        var balancers = new LoadBalancers([], s_services, new Random(1));

        Assert.IsType(expected, balancers.Create(name));
        Assert.True(balancers.Knows(name));
        Assert.False(balancers.IsOwn(name));
    }

    [Fact]
    public void Create_OfAUsersName_MakesANewOneForEachSet()
    {
        var balancers = new LoadBalancers([new("sticky", services => new Sticky(services))], s_services, new Random(1));

        var first = Assert.IsType<Sticky>(balancers.Create("Sticky"));
        Assert.NotSame(first, balancers.Create("Sticky"));
        Assert.Same(s_services, first.Services);
        Assert.True(balancers.IsOwn("STICKY"));
    }

    [Fact]
    public void Create_OfAnUnknownName_NamesThoseThereAre()
    {
        var balancers = new LoadBalancers([new("Sticky", services => new Sticky(services))], s_services, new Random(1));

        var exception = Assert.Throws<ArgumentException>(() => balancers.Create("PeekEwma"));

        Assert.Contains("'PeekEwma'", exception.Message, StringComparison.Ordinal);
        Assert.Contains("LeastRequest, Maglev, PeakEwma, Random, RingHash, RoundRobin, Sticky, WeightedRandom, WeightedRoundRobin", exception.Message, StringComparison.Ordinal);
        Assert.False(balancers.Knows("PeekEwma"));
    }

    private sealed class Sticky(IServiceProvider services) : LoadBalancer
    {
        public IServiceProvider Services => services;

        public override EndpointPicker CreatePicker(IReadOnlyList<MeshEndpoint> endpoints) => throw new NotSupportedException();
    }
}
