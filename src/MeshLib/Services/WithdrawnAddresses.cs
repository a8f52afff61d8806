using System.Collections.Concurrent;

namespace MeshLib;

/// <summary>
/// The addresses of one service that somebody has ejected by hand. The order holds for all of the service's endpoint sets, those that come into being later too, until it is taken back or the address has been unknown to
/// all of them for <see cref="EndpointMembership.Remembered"/>. Safe on any thread.
/// </summary>
internal sealed class WithdrawnAddresses(MonotonicClock clock)
{
    private readonly ConcurrentDictionary<Uri, long> _lastSeen = [];

    public bool Contains(Uri address) => !_lastSeen.IsEmpty && _lastSeen.ContainsKey(address);

    public void Add(Uri address) => _lastSeen[address] = clock.Now();

    public void Remove(Uri address) => _lastSeen.TryRemove(address, out _);

    /// <summary>Notes which of the addresses are still known.</summary>
    public void See(IReadOnlyList<MeshEndpoint> members, long now)
    {
        if (_lastSeen.IsEmpty)
        {
            return;
        }

        foreach (var endpoint in members)
        {
            // What has been taken back at this moment stays taken back.
            if (_lastSeen.TryGetValue(endpoint.Address, out var before))
            {
                _lastSeen.TryUpdate(endpoint.Address, now, before);
            }
        }
    }

    /// <summary>Forgets the addresses that nobody has known for too long: whoever is found there one day is somebody else.</summary>
    public void Forget(long now)
    {
        foreach (var seen in _lastSeen)
        {
            if (clock.Between(seen.Value, now) > EndpointMembership.Remembered)
            {
                _lastSeen.TryRemove(seen);
            }
        }
    }
}
