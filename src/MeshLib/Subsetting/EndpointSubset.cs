namespace MeshLib;

/// <summary>Which endpoints of a large group a process uses: an aperture where its place among its likes is known, a rendezvous subset otherwise. Whoever is down is replaced by the next one.</summary>
/// <param name="Used">Those that it uses; at least one where any may receive traffic.</param>
/// <param name="Scope">Those, and whom they stand in for: what it would use if all were well. So it is never much more than two subsets, however many of the group are down.</param>
internal sealed record EndpointSubset(IReadOnlyList<MeshEndpoint> Used, IReadOnlyList<MeshEndpoint> Scope)
{
    /// <summary>Chooses. The part of each endpoint that is for this process becomes a factor of its weight.</summary>
    /// <param name="all">The group.</param>
    /// <param name="live">Those of it that may receive traffic, in the same order.</param>
    /// <param name="place">The place of the process, if it is known.</param>
    /// <param name="settings">The sizes.</param>
    /// <param name="seed">The process's own seed.</param>
    public static EndpointSubset Of(IReadOnlyList<MeshEndpoint> all, IReadOnlyList<MeshEndpoint> live, Coordinate? place, SubsettingSettings settings, long seed)
    {
        var alive = EndpointParts.Mark(all, live);
        var (used, own) = place is { } at ? Aperture(all, alive, at, settings.Aperture) : Lowest(all, alive, settings.Size, seed);

        // An endpoint without weight is used when all others are gone.
        var chosen = used.Count > 0 ? used : live;
        return new(chosen, [.. chosen.Union(own)]);
    }

    /// <summary>Has every endpoint be used whole again.</summary>
    public static void Undo(IReadOnlyList<MeshEndpoint> all)
    {
        foreach (var endpoint in all)
        {
            endpoint.Portion = 1;
        }
    }

    private static (List<MeshEndpoint> Used, List<MeshEndpoint> Own) Aperture(IReadOnlyList<MeshEndpoint> all, bool[] alive, Coordinate place, int least)
    {
        // The same ring for every process, and in an order that has nothing to do with racks, or one that fails would be the whole aperture of some.
        var ring = Ranked(all, seed: 0);
        var weights = Array.ConvertAll(ring, i => (double)all[i].Metadata.Weight);
        var usable = Array.ConvertAll(ring, i => alive[i] && all[i].Capacity > 0);
        var aperture = new Aperture(place, weights.Count(static weight => weight > 0), least);
        var (parts, whole) = (aperture.Parts(weights, usable), aperture.Parts(weights, Array.ConvertAll(ring, static _ => true)));

        // Where nobody can be used there are no parts, and whoever is called in spite of it is called whole.
        var none = !usable.Contains(true);
        var (used, own) = (new List<MeshEndpoint>(), new List<MeshEndpoint>());
        for (var at = 0; at < ring.Length; at++)
        {
            var endpoint = all[ring[at]];
            endpoint.Portion = none ? 1 : parts[at];
            if (parts[at] > 0)
            {
                used.Add(endpoint);
            }

            if (whole[at] > 0)
            {
                own.Add(endpoint);
            }
        }

        return (used, own);
    }

    private static (List<MeshEndpoint> Used, List<MeshEndpoint> Own) Lowest(IReadOnlyList<MeshEndpoint> all, bool[] alive, int size, long seed)
    {
        Undo(all);
        var (used, own) = (new List<MeshEndpoint>(), new List<MeshEndpoint>());
        foreach (var i in Ranked(all, seed).Where(i => all[i].Metadata.Weight > 0).TakeWhile(_ => own.Count < size || used.Count < size))
        {
            if (own.Count < size)
            {
                own.Add(all[i]);
            }

            if (used.Count < size && alive[i] && all[i].Capacity > 0)
            {
                used.Add(all[i]);
            }
        }

        return (used, own);
    }

    private static int[] Ranked(IReadOnlyList<MeshEndpoint> endpoints, long seed)
    {
        var addresses = new string[endpoints.Count];
        for (var i = 0; i < addresses.Length; i++)
        {
            addresses[i] = endpoints[i].Prefix;
        }

        return Rendezvous.Lowest(addresses, addresses.Length, seed);
    }
}
