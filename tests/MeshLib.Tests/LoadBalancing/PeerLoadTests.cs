using static MeshLib.Tests.LoadBalancing.Subjects;

namespace MeshLib.Tests.LoadBalancing;

public class PeerLoadTests
{
    private readonly Subjects _subjects = new();
    private readonly Random _random = new(7);

    [Fact]
    public void Median_OfALoneOrUnprovenSet_IsUnknown()
    {
        var set = _subjects.Endpoints(3);

        Assert.Equal(0, PeerLoad.Median([], set[0], At(0), _random));
        Assert.Equal(0, PeerLoad.Median([set[0]], set[0], At(0), _random));
        Assert.Equal(0, PeerLoad.Median(set, set[0], At(0), _random));
    }

    [Fact]
    public void Median_OfIdlePeers_CountsFourAttemptsEach()
    {
        var set = _subjects.Endpoints(3);
        set[0].Load.ObserveSuccess(9, At(0));
        set[1].Load.ObserveSuccess(0.1, At(0));
        set[2].Load.ObserveSuccess(0.1, At(0));

        Assert.Equal(0.4, PeerLoad.Median(set, set[0], At(0), _random), 1e-4);
    }

    [Fact]
    public void Median_OfBusyPeers_IsTheirCurrentLoad()
    {
        var set = _subjects.Endpoints(10);
        foreach (var peer in set)
        {
            peer.Load.ObserveSuccess(0.1, At(0));
            for (var i = 0; i < 79; i++)
            {
                peer.Load.Begin();
            }
        }

        Assert.Equal(8, PeerLoad.Median(set, set[0], At(0), _random), 0.01);
    }

    [Fact]
    public void Median_WhenSomePeersAreAvoided_LooksAtTheOthers()
    {
        var set = _subjects.Endpoints(6);
        for (var i = 0; i < set.Length; i++)
        {
            set[i].Load.ObserveSuccess(i < 4 ? 0.001 : 0.5, At(0));
            if (i < 4)
            {
                set[i].Load.ObserveFailure(1, 0, At(0));
            }
        }

        Assert.Equal(2, PeerLoad.Median(set, set[0], At(0), _random), 0.01);
    }

    [Fact]
    public void Median_WhenAllPeersAreAvoided_IsThatOfTheirSuccesses()
    {
        var set = _subjects.Endpoints(4);
        foreach (var peer in set)
        {
            peer.Load.ObserveSuccess(0.1, At(0));
            peer.Load.ObserveFailure(1, 0, At(0));
        }

        Assert.Equal(0.4, PeerLoad.Median(set, set[0], At(0), _random), 1e-4);
    }
}
