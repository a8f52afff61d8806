namespace MeshLib;

/// <summary>Consistent hashing by Maglev's table (<see cref="MaglevTable"/>): even shares and one lookup; whoever comes or goes moves a few more keys than it must, whoever is not well for a while none but its own.</summary>
internal sealed class MaglevLoadBalancer(RequestHash keys, double boundedLoad, Random random) : HashLoadBalancer<MaglevTable>(keys, boundedLoad, random)
{
    protected override MaglevTable CreateTable(IReadOnlyList<HashedHost> hosts, MaglevTable? previous) => MaglevTable.Of(hosts);
}
