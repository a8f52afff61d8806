namespace MeshLib;

/// <summary>
/// The endpoint that a request's key belongs to; a random one where it has no key. A retry goes on along the table to the next endpoint that the call has not tried, the same for all requests of
/// a key. Where load is bounded, a key whose endpoint is full jumps to another place of its own: going on to the next would fill the neighbour too, and its neighbour after that.
/// </summary>
internal sealed class HashPicker(HashTable table, CandidateSet candidates, RequestHash keys, BoundedLoad? bound, Random random) : EndpointPicker
{
    /// <summary>Only where nearly all are full is there no room after so many places; then the least full of them has to do.</summary>
    private const int MostPlaces = 32;

    /// <summary>Where all may have been tried: enough to come by every one of so few.</summary>
    private const int MostSteps = 4096;

    /// <inheritdoc/>
    public override MeshEndpoint? Pick(MeshCall call)
    {
        var hash = keys.Of(call.Request) ?? (ulong)random.NextInt64() << 1;
        var index = Untried(table.PlaceOf(hash), call);
        return candidates.All[bound is null ? index : WithRoom(index, hash, call)].Endpoint;
    }

    private int WithRoom(int index, ulong hash, MeshCall call)
    {
        var (best, least) = (index, bound!.Fullness(index));
        for (var places = 1; least >= 1 && places < MostPlaces; places++)
        {
            hash = RequestHash.Another(hash);
            index = Untried(table.PlaceOf(hash), call);
            if (bound.Fullness(index) is var fullness && fullness < least)
            {
                (best, least) = (index, fullness);
            }
        }

        return best;
    }

    /// <summary>The first endpoint from <paramref name="place"/> on that the call has not tried; that of the place when it has tried all.</summary>
    private int Untried(int place, MeshCall call)
    {
        var owners = table.Owners;
        if (call.AttemptsMade == 0)
        {
            return owners[place];
        }

        // Going round the whole table in vain would take long, and it cannot be in vain while there are more endpoints than attempts.
        var most = call.AttemptsMade < candidates.Count ? owners.Length : Math.Min(owners.Length, MostSteps);
        for (var i = 0; i < most; i++)
        {
            var owner = owners[place + i < owners.Length ? place + i : place + i - owners.Length];
            if (!call.HasTried(candidates.All[owner].Endpoint))
            {
                return owner;
            }
        }

        return owners[place];
    }
}
