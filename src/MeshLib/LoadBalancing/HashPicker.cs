namespace MeshLib;

/// <summary>
/// The endpoint that a request's key belongs to; a random one where it has no key. Where that one may not receive traffic, or the call has tried it, the key goes on by the table to the next endpoint, the same for
/// all requests of a key. Where load is bounded, a key whose endpoint is full jumps to another place of its own on any table: going on to the next would fill the neighbour too, and its neighbour after that.
/// </summary>
internal sealed class HashPicker : EndpointPicker
{
    /// <summary>Only where nearly all are full is there no room after so many places; then the least full of them has to do.</summary>
    private const int MostPlaces = 32;

    /// <summary>Of one pick, whatever number of places it looks at: enough to come by somebody who is live, where one in a hundred is.</summary>
    private const int MostSteps = 1024;

    private readonly HashTable _table;
    private readonly MeshEndpoint?[] _endpoints;
    private readonly int[] _live;
    private readonly RequestHash _keys;
    private readonly BoundedLoad? _bound;
    private readonly Random _random;

    /// <param name="table">The places and whom they belong to.</param>
    /// <param name="endpoints">Those whom places belong to, at least one; <see langword="null"/> for one that may not receive traffic.</param>
    /// <param name="keys">What a request's key is.</param>
    /// <param name="bound">How full an endpoint is, where that counts.</param>
    /// <param name="random">Chance for requests without a key.</param>
    public HashPicker(HashTable table, MeshEndpoint?[] endpoints, RequestHash keys, BoundedLoad? bound, Random random)
    {
        _table = table;
        _endpoints = endpoints;
        _live = [.. Enumerable.Range(0, endpoints.Length).Where(index => endpoints[index] is not null)];
        _keys = keys;
        _bound = bound;
        _random = random;
    }

    /// <inheritdoc/>
    public override MeshEndpoint? Pick(MeshCall call)
    {
        var hash = _keys.Of(call.Request) ?? (ulong)_random.NextInt64() << 1;
        var tried = HasTriedAll(call) ? null : call;
        var steps = MostSteps;
        var index = Next(ref hash, ref steps, tried);
        return _endpoints[_bound is null ? index : WithRoom(index, hash, steps, tried)];
    }

    private int WithRoom(int index, ulong hash, int steps, MeshCall? tried)
    {
        var (best, least) = (index, _bound!.Fullness(index));
        for (var places = 1; least >= 1 && places < MostPlaces; places++)
        {
            hash = RequestHash.Another(hash);
            index = Next(ref hash, ref steps, tried);
            if (_bound.Fullness(index) is var fullness && fullness < least)
            {
                (best, least) = (index, fullness);
            }
        }

        return best;
    }

    /// <summary>The first live endpoint from the place of <paramref name="hash"/> on that the call has not tried; <paramref name="tried"/> is <see langword="null"/> when it has tried all.</summary>
    private int Next(ref ulong hash, ref int steps, MeshCall? tried)
    {
        var owners = _table.Owners;
        for (var place = _table.PlaceOf(hash); steps > 0; steps--)
        {
            var owner = owners[place];
            if (_endpoints[owner] is { } endpoint && tried?.HasTried(endpoint) != true)
            {
                return owner;
            }

            place = _table.After(place, ref hash);
        }

        // Where hardly anybody is live, going on would take long: who is left shares the keys out anew at each change. By another hash, for those of requests without a key are all even.
        var at = (int)Math.BigMul(RequestHash.Another(hash), (ulong)_live.Length, out _);
        while (tried?.HasTried(_endpoints[_live[at]]!) == true)
        {
            at = at + 1 < _live.Length ? at + 1 : 0;
        }

        return _live[at];
    }

    // Known beforehand, or the walk would look for somebody who is not there.
    private bool HasTriedAll(MeshCall call)
    {
        if (call.AttemptsMade < _live.Length)
        {
            return false;
        }

        foreach (var index in _live)
        {
            if (!call.HasTried(_endpoints[index]!))
            {
                return false;
            }
        }

        return true;
    }
}
