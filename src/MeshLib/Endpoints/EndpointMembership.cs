using System.Runtime.InteropServices;

namespace MeshLib;

/// <summary>
/// Turns discovery's lists into endpoints that keep their identity: an update makes new objects only for new instances, and an instance that comes back within
/// <see cref="Remembered"/> is the one that left, with its latency and its breaker. Not thread-safe: the set's control lock guards it.
/// </summary>
internal sealed class EndpointMembership(MonotonicClock clock, Random random)
{
    /// <summary>How long a departed endpoint's state is kept; a flapping registry does not make the mesh forget who is sick.</summary>
    internal static readonly TimeSpan Remembered = TimeSpan.FromMinutes(5);

    /// <summary>
    /// So many have to vanish at once to be a mass disappearance. A few instances are taken away in one step every day, and are gone then; and the survivors of a few can be told to carry their load.
    /// </summary>
    internal const int Mass = 10;

    private readonly Dictionary<(string Prefix, string? Id), (MeshEndpoint Endpoint, long At)> _departed = [];
    private readonly Queue<(long At, (string Prefix, string? Id) Identity)> _departures = [];
    private Dictionary<(string Prefix, string? Id), MeshEndpoint> _present = [];
    private readonly Dictionary<(string Prefix, string? Id), (MeshEndpoint Endpoint, long At)> _vanished = [];

    /// <summary>The members, ordered by address so that equal sets are equal lists whatever the registry's order.</summary>
    public IReadOnlyList<MeshEndpoint> Members { get; private set; } = [];

    /// <summary>The endpoints that anything is remembered of, departed ones included.</summary>
    public int Tracked => _present.Count + _vanished.Count + _departed.Count;

    /// <summary>Takes over a whole list. Returns whether anything that requests depend on has changed.</summary>
    /// <param name="endpoints">The list.</param>
    /// <param name="breaker">The breaker's settings for new members.</param>
    /// <param name="newcomersJoinProven">Whether members have proven themselves already, so that new ones are tried one attempt at a time.</param>
    /// <param name="panicThreshold">
    /// The share of what was known that a list must not fall below in one step: a registry that loses most of a service has more often lost its senses than its instances, and the few that it still knows would be
    /// overrun. The others are kept for a while then, marked as unhealthy, so that panic has them to fall back on. An empty list is not doubted here but at its source.
    /// </param>
    public bool Update(IReadOnlyList<DiscoveredEndpoint> endpoints, CircuitBreakerSettings breaker, bool newcomersJoinProven, double panicThreshold = 0)
    {
        var changed = false;
        var next = new Dictionary<(string, string?), MeshEndpoint>(endpoints.Count);

        foreach (var discovered in OnePerAddress(endpoints))
        {
            var identity = (discovered.Prefix, discovered.Metadata.Id);
            if (!_present.Remove(identity, out var endpoint))
            {
                changed = true;
                if (_vanished.Remove(identity, out var vanished))
                {
                    endpoint = vanished.Endpoint;
                    endpoint.Health.Join();
                }
                else if (_departed.Remove(identity, out var departed))
                {
                    endpoint = departed.Endpoint;
                    endpoint.Health.Join();
                    endpoint.Breaker.Apply(breaker);
                }
                else
                {
                    endpoint = new MeshEndpoint(discovered, clock, breaker, random);
                    if (newcomersJoinProven)
                    {
                        endpoint.Load.Expect(EndpointLoad.NewcomerSeconds);
                    }
                }
            }

            if (!SameMetadata(endpoint.Metadata, discovered.Metadata))
            {
                endpoint.Metadata = discovered.Metadata;
                changed = true;
            }

            next.Add(identity, endpoint);
        }

        var now = clock.Now();
        changed |= _present.Count > 0;
        foreach (var (identity, endpoint) in _present)
        {
            _vanished.Add(identity, (endpoint, now));
        }

        _present = next;
        DropReplaced();

        // Who is away is missed by nobody.
        changed |= Depart(static endpoint => endpoint.Health.IsAway, now);
        var gone = _vanished.Count;
        if (gone < Mass || next.Count == 0 || next.Count >= panicThreshold * (next.Count + gone))
        {
            changed |= Depart(static _ => true, now);
        }

        Forget(now);
        if (changed)
        {
            List();
        }

        return changed;
    }

    // The lowest id wins, so that every process decides alike.
    private static Dictionary<string, DiscoveredEndpoint>.ValueCollection OnePerAddress(IReadOnlyList<DiscoveredEndpoint> endpoints)
    {
        var byAddress = new Dictionary<string, DiscoveredEndpoint>(endpoints.Count);
        foreach (var endpoint in endpoints)
        {
            ref var chosen = ref CollectionsMarshal.GetValueRefOrAddDefault(byAddress, endpoint.Prefix, out var known);
            if (!known || string.CompareOrdinal(endpoint.Metadata.Id, chosen!.Metadata.Id) < 0)
            {
                chosen = endpoint;
            }
        }

        return byAddress.Values;
    }

    /// <summary>Forgets who left too long ago. Returns whether that changed anything that requests depend on.</summary>
    public bool Forget(long now)
    {
        var lost = _vanished.Count == 0 ? [] : _vanished.Where(vanished => clock.Between(vanished.Value.At, now) > Remembered).ToList();
        foreach (var (identity, (endpoint, _)) in lost)
        {
            _vanished.Remove(identity);
            endpoint.Leave();
        }

        while (_departures.TryPeek(out var oldest) && clock.Between(oldest.At, now) > Remembered)
        {
            _departures.Dequeue();

            // An instance that came back and left again has a later entry in the queue.
            if (_departed.TryGetValue(oldest.Identity, out var departed) && departed.At == oldest.At)
            {
                _departed.Remove(oldest.Identity);
            }
        }

        if (lost.Count > 0)
        {
            List();
        }

        return lost.Count > 0;
    }

    private static bool SameMetadata(EndpointMetadata left, EndpointMetadata right) =>
        ReferenceEquals(left, right) || (left with { Tags = right.Tags } == right && left.Tags.SequenceEqual(right.Tags));

    // Whoever is back at its address under another id is no second endpoint.
    private void DropReplaced()
    {
        if (_vanished.Count > 0)
        {
            var listed = _present.Keys.Select(static identity => identity.Prefix).ToHashSet();
            foreach (var (identity, (endpoint, _)) in _vanished.Where(vanished => listed.Contains(vanished.Key.Prefix)).ToList())
            {
                _vanished.Remove(identity);
                endpoint.Leave();
            }
        }
    }

    private void List()
    {
        foreach (var (endpoint, _) in _vanished.Values)
        {
            endpoint.Metadata = endpoint.Metadata with { Healthy = false };
        }

        Members = [.. _present.Values.Concat(_vanished.Values.Select(static vanished => vanished.Endpoint)).OrderBy(static endpoint => endpoint.Prefix, StringComparer.Ordinal)];
    }

    // Those of the vanished who are believed to be gone. Returns whether there are any.
    private bool Depart(Predicate<MeshEndpoint> gone, long now)
    {
        var departing = _vanished.Where(vanished => gone(vanished.Value.Endpoint)).ToList();
        foreach (var (identity, (endpoint, _)) in departing)
        {
            _vanished.Remove(identity);
            endpoint.Leave();
            endpoint.Reachability.Forget();
            endpoint.Portion = 1;
            _departed[identity] = (endpoint, now);
            _departures.Enqueue((now, identity));
        }

        return departing.Count > 0;
    }
}
