namespace MeshLib;

/// <summary>A balancer under the name by which <c>LoadBalancing:Policy</c> refers to it.</summary>
/// <param name="Name">The name, whatever its case.</param>
/// <param name="Create">Makes a balancer for one endpoint set.</param>
internal sealed record LoadBalancerRegistration(string Name, Func<IServiceProvider, LoadBalancer> Create);
