using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace MeshLib.Testing.Simulation;

/// <summary>Who sends the requests of a run. All but the oracle are the classes of production, one set of them for each of the scenario's clients.</summary>
public abstract class SimulatedClient
{
    private protected SimulatedClient(string name) => Name = name;

    /// <summary>What it is called in tables and messages.</summary>
    public string Name { get; }

    /// <summary>
    /// The limit: sends each request to the server that is the least likely to fail, and of several to the one with the earliest expected end, knowing every queue, speed and failure, of all clients,
    /// though not the work in the request at hand.
    /// </summary>
    public static SimulatedClient Oracle { get; } = new OracleClient();

    /// <summary>A load balancer alone: it picks and is told what came of it, as in production, but nothing is retried, limited or cut off.</summary>
    /// <param name="policy">The name of a balancer, as <c>LoadBalancing:Policy</c> has it.</param>
    public static SimulatedClient Balancer(string policy)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(policy);
        return new BalancerClient(policy, null);
    }

    /// <summary>A load balancer of one's own, alone.</summary>
    /// <param name="name">What to call it.</param>
    /// <param name="create">Makes it for one client from that client's source of chance.</param>
    public static SimulatedClient Balancer(string name, Func<Random, LoadBalancer> create)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentNullException.ThrowIfNull(create);
        return new BalancerClient(name, create);
    }

    /// <summary>
    /// The whole mesh: an <see cref="HttpClient"/> of a host with <c>AddMesh</c>, above a simulated network. Timeouts, retries, budget, breaker and bulkhead work as its policy says.
    /// </summary>
    /// <param name="service">The service that the fleet is, as the policy names it.</param>
    /// <param name="configuration">Configuration with the section <c>Mesh</c>, as appsettings have it; <see langword="null"/> for the defaults.</param>
    /// <param name="configure">What else belongs to the mesh, such as load balancers of one's own.</param>
    /// <param name="name">What to call it.</param>
    public static SimulatedClient Mesh(string service, IConfiguration? configuration = null, Action<IMeshBuilder>? configure = null, string name = "mesh")
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(service);
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        return new MeshedClient(name, service, configuration, configure);
    }

    /// <inheritdoc/>
    public override string ToString() => Name;

    internal abstract RequestSender CreateSender(SimulationRun run);
}
