namespace MeshLib;

/// <summary>Consistent hashing by Maglev's table (<see cref="MaglevTable"/>): even shares and one lookup; a change of the set moves a few more keys than it must.</summary>
internal sealed class MaglevLoadBalancer(RequestHash keys, double boundedLoad, Random random) : HashLoadBalancer<MaglevTable>(keys, boundedLoad, random)
{
    protected override MaglevTable CreateTable(IReadOnlyList<HashedHost> hosts, MaglevTable? previous) => MaglevTable.Of(hosts);
}
