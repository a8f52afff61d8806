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

    private readonly Dictionary<(string Prefix, string? Id), (MeshEndpoint Endpoint, long At)> _departed = [];
    private readonly Queue<(long At, (string Prefix, string? Id) Identity)> _departures = [];
    private Dictionary<(string Prefix, string? Id), MeshEndpoint> _present = [];

    /// <summary>The members, ordered by address so that equal sets are equal lists whatever the registry's order.</summary>
    public IReadOnlyList<MeshEndpoint> Members { get; private set; } = [];

    /// <summary>Takes over a whole list. Returns whether anything that requests depend on has changed.</summary>
    /// <param name="endpoints">The list.</param>
    /// <param name="breaker">The breaker's settings for new members.</param>
    /// <param name="newcomersJoinProven">Whether members have proven themselves already, so that new ones are tried one attempt at a time.</param>
    public bool Update(IReadOnlyList<DiscoveredEndpoint> endpoints, CircuitBreakerSettings breaker, bool newcomersJoinProven)
    {
        var changed = false;
        var next = new Dictionary<(string, string?), MeshEndpoint>(endpoints.Count);

        foreach (var discovered in OnePerAddress(endpoints))
        {
            var identity = (discovered.Prefix, discovered.Metadata.Id);
            if (!_present.Remove(identity, out var endpoint))
            {
                changed = true;
                if (_departed.Remove(identity, out var departed))
                {
                    endpoint = departed.Endpoint;
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

        changed |= _present.Count > 0;
        Depart();
        _present = next;
        if (changed)
        {
            Members = [.. next.Values.OrderBy(static endpoint => endpoint.Prefix, StringComparer.Ordinal)];
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

    private static bool SameMetadata(EndpointMetadata left, EndpointMetadata right) =>
        ReferenceEquals(left, right) || (left with { Tags = right.Tags } == right && left.Tags.SequenceEqual(right.Tags));

    private void Depart()
    {
        var now = clock.Now();
        foreach (var (identity, endpoint) in _present)
        {
            _departed[identity] = (endpoint, now);
            _departures.Enqueue((now, identity));
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
    }
}
