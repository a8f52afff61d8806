namespace MeshLib;

/// <summary>The balancers that a policy can name: those built in, and the user's own, which win over a built-in one of the same name. The last registration of a name counts.</summary>
internal sealed class LoadBalancers
{
    public const string PeakEwma = nameof(PeakEwma);
    public const string LeastRequest = nameof(LeastRequest);
    public const string RoundRobin = nameof(RoundRobin);
    public const string WeightedRoundRobin = nameof(WeightedRoundRobin);
    public const string Random = nameof(Random);
    public const string WeightedRandom = nameof(WeightedRandom);
    public const string RingHash = nameof(RingHash);
    public const string Maglev = nameof(Maglev);

    private readonly Dictionary<string, Func<LoadBalancingSettings, LoadBalancer>> _factories;
    private readonly HashSet<string> _own;

    /// <param name="registrations">The user's own balancers.</param>
    /// <param name="services">What they are made from.</param>
    /// <param name="random">Chance for the built-in ones; safe on many threads.</param>
    public LoadBalancers(IEnumerable<LoadBalancerRegistration> registrations, IServiceProvider services, Random random)
    {
        _factories = new(StringComparer.OrdinalIgnoreCase)
        {
            [PeakEwma] = _ => new PeakEwmaLoadBalancer(random),
            [LeastRequest] = settings => new LeastRequestLoadBalancer(random, settings.LeastRequestChoices, settings.LeastRequestBias),
            [RoundRobin] = _ => new RoundRobinLoadBalancer(random),
            [WeightedRoundRobin] = _ => new WeightedRoundRobinLoadBalancer(random),
            [Random] = _ => new RandomLoadBalancer(random),
            [WeightedRandom] = _ => new RandomLoadBalancer(random),
            [RingHash] = settings => new RingHashLoadBalancer(new RequestHash(settings.HashKey), settings.BoundedLoad, random),
            [Maglev] = settings => new MaglevLoadBalancer(new RequestHash(settings.HashKey), settings.BoundedLoad, random),
        };
        _own = new(StringComparer.OrdinalIgnoreCase);
        foreach (var registration in registrations)
        {
            _factories[registration.Name] = _ => registration.Create(services);
            _own.Add(registration.Name);
        }
    }

    /// <summary>The names of those built in.</summary>
    public static IReadOnlyList<string> BuiltIn { get; } = [PeakEwma, LeastRequest, RoundRobin, WeightedRoundRobin, Random, WeightedRandom, RingHash, Maglev];

    /// <summary>The names known, for validation and its messages.</summary>
    public IReadOnlyCollection<string> Names => _factories.Keys;

    public bool Knows(string name) => _factories.ContainsKey(name);

    /// <summary>Whether a balancer is the user's own, whose code is not to be relied upon.</summary>
    public bool IsOwn(string name) => _own.Contains(name);

    /// <summary>Makes a balancer for one endpoint set, with every option of it as it is by default.</summary>
    /// <exception cref="ArgumentException">No balancer has this name; the message lists those that there are.</exception>
    public LoadBalancer Create(string name) => Create(new LoadBalancingSettings { Policy = name });

    /// <summary>Makes a balancer for one endpoint set.</summary>
    /// <exception cref="ArgumentException">No balancer has the name that <paramref name="settings"/> give; the message lists those that there are.</exception>
    public LoadBalancer Create(LoadBalancingSettings settings) => _factories.TryGetValue(settings.Policy, out var create)
        ? create(settings)
        : throw new ArgumentException($"LoadBalancing:Policy is '{settings.Policy}', and no load balancer has that name; known are {string.Join(", ", Names.Order(StringComparer.Ordinal))}.", nameof(settings));
}
