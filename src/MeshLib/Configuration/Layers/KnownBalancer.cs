namespace MeshLib;

/// <summary>A balancer's name that <c>LoadBalancing:Policy</c> may have. Registered as a singleton instance by <c>AddLoadBalancer</c>, beside the built-in ones.</summary>
internal sealed record KnownBalancer(string Name)
{
    public static IReadOnlyList<KnownBalancer> BuiltIn { get; } = [.. LoadBalancers.BuiltIn.Select(static name => new KnownBalancer(name))];
}
