namespace MeshLib;

/// <summary>Which endpoints of a large group a process uses: an aperture where its place among its likes is known, a rendezvous subset otherwise. Whoever is down is replaced by the next one.</summary>
/// <param name="Used">Those that it uses; at least one where any may receive traffic.</param>
/// <param name="Scope">Those, and whom they stand in for: what it would use if all were well. So it is never much more than two subsets, however many of the group are down.</param>
internal sealed record EndpointSubset(IReadOnlyList<MeshEndpoint> Used, IReadOnlyList<MeshEndpoint> Scope)
{
    /// <summary>Chooses. The part of each endpoint that is for this process becomes a factor of its weight.</summary>
    /// <param name="all">The group.</param>
    /// <param name="live">Those of it that may receive traffic.</param>
    /// <param name="place">The place of the process, if it is known.</param>
    /// <param name="settings">The sizes.</param>
    /// <param name="seed">The process's own seed.</param>
    public static EndpointSubset Of(IReadOnlyList<MeshEndpoint> all, IReadOnlyList<MeshEndpoint> live, Coordinate? place, SubsettingSettings settings, long seed)
    {
        var usable = live.Where(static endpoint => endpoint.Capacity > 0).ToHashSet();
        var (used, own) = place is { } at ? Aperture(all, usable, at, settings.Aperture) : Lowest(all, usable, settings.Size, seed);

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

    private static (List<MeshEndpoint> Used, List<MeshEndpoint> Own) Aperture(IReadOnlyList<MeshEndpoint> all, HashSet<MeshEndpoint> usable, Coordinate at, int least)
    {
        // The same ring for every process, and in an order that has nothing to do with racks, or one that fails would be the whole aperture of some.
        var ring = Ranked(all, seed: 0);
        var weights = Array.ConvertAll(ring, static endpoint => (double)endpoint.Metadata.Weight);
        var aperture = new Aperture(at, weights.Count(static weight => weight > 0), least);
        var whole = aperture.Parts(weights, Array.ConvertAll(ring, static _ => true));
        var parts = aperture.Parts(weights, Array.ConvertAll(ring, usable.Contains));
        var (used, own) = (new List<MeshEndpoint>(), new List<MeshEndpoint>());
        for (var i = 0; i < ring.Length; i++)
        {
            if (whole[i] > 0)
            {
                own.Add(ring[i]);
            }

            if (parts[i] > 0)
            {
                used.Add(ring[i]);
            }

            // Where nobody can be used there are no parts, and whoever is called in spite of it is called whole.
            ring[i].Portion = usable.Count > 0 ? parts[i] : 1;
        }

        return (used, own);
    }

    private static (List<MeshEndpoint> Used, List<MeshEndpoint> Own) Lowest(IReadOnlyList<MeshEndpoint> all, HashSet<MeshEndpoint> usable, int size, long seed)
    {
        Undo(all);
        var ranked = Ranked([.. all.Where(static endpoint => endpoint.Metadata.Weight > 0)], seed);
        return ([.. ranked.Where(usable.Contains).Take(size)], [.. ranked.Take(size)]);
    }

    private static MeshEndpoint[] Ranked(IReadOnlyList<MeshEndpoint> endpoints, long seed) =>
        Array.ConvertAll(Rendezvous.Lowest([.. endpoints.Select(static endpoint => endpoint.Prefix)], endpoints.Count, seed), index => endpoints[index]);
}
