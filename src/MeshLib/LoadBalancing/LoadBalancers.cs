namespace MeshLib;

/// <summary>The balancers that a policy can name: the four built in, and the user's own, which win over a built-in one of the same name. The last registration of a name counts.</summary>
internal sealed class LoadBalancers
{
    public const string PeakEwma = nameof(PeakEwma);
    public const string LeastRequest = nameof(LeastRequest);
    public const string RoundRobin = nameof(RoundRobin);
    public const string Random = nameof(Random);

    private readonly Dictionary<string, Func<LoadBalancer>> _factories;

    /// <param name="registrations">The user's own balancers.</param>
    /// <param name="services">What they are made from.</param>
    /// <param name="random">Chance for the built-in ones; safe on many threads.</param>
    public LoadBalancers(IEnumerable<LoadBalancerRegistration> registrations, IServiceProvider services, Random random)
    {
        _factories = new(StringComparer.OrdinalIgnoreCase)
        {
            [PeakEwma] = () => new PeakEwmaLoadBalancer(random),
            [LeastRequest] = () => new LeastRequestLoadBalancer(random),
            [RoundRobin] = () => new RoundRobinLoadBalancer(random),
            [Random] = () => new RandomLoadBalancer(random),
        };
        foreach (var registration in registrations)
        {
            _factories[registration.Name] = () => registration.Create(services);
        }
    }

    /// <summary>The names known, for validation and its messages.</summary>
    public IReadOnlyCollection<string> Names => _factories.Keys;

    public bool Knows(string name) => _factories.ContainsKey(name);

    /// <summary>Makes a balancer for one endpoint set.</summary>
    /// <exception cref="ArgumentException">No balancer has this name; the message lists those that there are.</exception>
    public LoadBalancer Create(string name) => _factories.TryGetValue(name, out var create)
        ? create()
        : throw new ArgumentException($"LoadBalancing:Policy is '{name}', and no load balancer has that name; known are {string.Join(", ", Names.Order(StringComparer.Ordinal))}.", nameof(name));
}
