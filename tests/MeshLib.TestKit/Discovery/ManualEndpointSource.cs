using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.ServiceDiscovery;

namespace MeshLib.TestKit;

/// <summary>
/// A discovery provider that the test moves: it publishes endpoints, fails, hangs, and counts how often and by how many it is asked. Thread-safe.
/// </summary>
public sealed class ManualEndpointSource : IServiceEndpointProviderFactory
{
    private readonly ConcurrentDictionary<string, ManualService> _services = new(StringComparer.OrdinalIgnoreCase);
    private readonly ConcurrentQueue<ServiceEndpointQuery> _queries = new();
    private readonly ConcurrentDictionary<string, bool> _declined = new(StringComparer.OrdinalIgnoreCase);
    private int _live;
    private int _created;

    /// <summary>Providers created and not yet disposed: one per watch that lives.</summary>
    public int LiveProviders => Volatile.Read(ref _live);

    /// <summary>Providers created so far.</summary>
    public int CreatedProviders => Volatile.Read(ref _created);

    /// <summary>Whether populating sets a change token. On by default; off forces consumers to poll.</summary>
    public bool PushesChanges { get; set; } = true;

    /// <summary>What the watches asked for, in order.</summary>
    public IReadOnlyList<ServiceEndpointQuery> Queries => [.. _queries];

    /// <summary>How often the endpoints of <paramref name="service"/> were asked for.</summary>
    public int PopulatesOf(string service) => Service(service).Populates;

    /// <summary>How many populates of <paramref name="service"/> are waiting in <see cref="Hang"/>.</summary>
    public int HangingPopulatesOf(string service) => Service(service).Hanging;

    /// <summary>Makes <paramref name="endpoints"/> the whole list of <paramref name="service"/> and signals the change; ends a failure or a hang.</summary>
    public void Publish(string service, params ManualEndpoint[] endpoints) => Service(service).Publish([.. endpoints.Select(endpoint => endpoint.ToServiceEndpoint())]);

    /// <inheritdoc cref="Publish(string, ManualEndpoint[])"/>
    public void PublishAll(string service, IEnumerable<string> addresses) => Publish(service, [.. addresses.Select(ManualEndpoint.FromString)]);

    /// <summary>From now on populating <paramref name="service"/> throws; signals a change, so that watches notice.</summary>
    public void Fail(string service, Exception exception) => Service(service).Fail(exception);

    /// <summary>From now on populating <paramref name="service"/> waits, until it is cancelled or the next <see cref="Publish"/>, <see cref="Fail"/> or <see cref="Resume"/>.</summary>
    public void Hang(string service) => Service(service).Hang();

    /// <summary>Ends a failure or a hang and serves the last list again.</summary>
    public void Resume(string service) => Service(service).Resume();

    /// <summary>Signals a change although nothing changed.</summary>
    public void Signal(string service) => Service(service).Signal();

    /// <summary>Sets a feature on every list of <paramref name="service"/> from the next populate on.</summary>
    public void SetFeature<T>(string service, T feature)
        where T : class => Service(service).SetFeature(feature);

    /// <summary>Says that this source knows nothing of <paramref name="service"/>: no provider is created for it.</summary>
    public void Decline(string service) => _declined[service] = true;

    /// <inheritdoc/>
    public bool TryCreateProvider(ServiceEndpointQuery query, [NotNullWhen(true)] out IServiceEndpointProvider? provider)
    {
        ArgumentNullException.ThrowIfNull(query);
        provider = null;
        if (_declined.ContainsKey(query.ServiceName))
        {
            return false;
        }

        _queries.Enqueue(query);
        Interlocked.Increment(ref _live);
        Interlocked.Increment(ref _created);
        provider = new ManualEndpointProvider(Service(query.ServiceName), () => PushesChanges, () => Interlocked.Decrement(ref _live));
        return true;
    }

    private ManualService Service(string name) => _services.GetOrAdd(name, static _ => new ManualService());
}
