namespace MeshLib;

/// <summary>Consistent hashing on a ring (<see cref="HashRing"/>): a change of the set moves the keys that it must and no others; shares are only roughly even.</summary>
internal sealed class RingHashLoadBalancer(RequestHash keys, double boundedLoad, Random random) : HashLoadBalancer<HashRing>(keys, boundedLoad, random)
{
    protected override HashRing CreateTable(IReadOnlyList<HashedHost> hosts, HashRing? previous) => HashRing.Of(hosts, previous);
}
