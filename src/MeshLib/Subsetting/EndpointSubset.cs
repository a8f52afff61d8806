namespace MeshLib;

/// <summary>Which endpoints of a large group a process uses: an aperture where its place among its likes is known, a rendezvous subset otherwise. Whoever is down is replaced by the next one.</summary>
internal static class EndpointSubset
{
    /// <param name="all">The group.</param>
    /// <param name="live">Those of it that may receive traffic; at least one.</param>
    /// <param name="place">The place of the process, if it is known.</param>
    /// <param name="settings">The sizes.</param>
    /// <param name="seed">The process's own seed.</param>
    /// <returns>Those that are used, at least one. The part of each that is for this process has become a factor of its weight.</returns>
    public static IReadOnlyList<MeshEndpoint> Of(IReadOnlyList<MeshEndpoint> all, IReadOnlyList<MeshEndpoint> live, Coordinate? place, SubsettingSettings settings, long seed)
    {
        // An endpoint without weight is used when all others are gone.
        MeshEndpoint[] usable = [.. live.Where(static endpoint => endpoint.Capacity > 0)];
        if (usable.Length > 0 && place is { } at)
        {
            return Aperture(all, usable.ToHashSet(), at, settings.Aperture);
        }

        Undo(all);
        return usable.Length > 0 ? Ranked(usable, settings.Size, seed) : live;
    }

    /// <summary>Has every endpoint be used whole again.</summary>
    public static void Undo(IReadOnlyList<MeshEndpoint> all)
    {
        foreach (var endpoint in all)
        {
            endpoint.Portion = 1;
        }
    }

    private static List<MeshEndpoint> Aperture(IReadOnlyList<MeshEndpoint> all, HashSet<MeshEndpoint> usable, Coordinate at, int least)
    {
        // The same ring for every process, and in an order that has nothing to do with racks, or one that fails would be the whole aperture of some.
        var ring = Ranked(all, all.Count, seed: 0);
        var weights = Array.ConvertAll(ring, static endpoint => (double)endpoint.Metadata.Weight);
        var parts = new Aperture(at, weights.Count(static weight => weight > 0), least).Parts(weights, Array.ConvertAll(ring, usable.Contains));
        var used = new List<MeshEndpoint>();
        for (var i = 0; i < ring.Length; i++)
        {
            ring[i].Portion = parts[i];
            if (parts[i] > 0)
            {
                used.Add(ring[i]);
            }
        }

        return used;
    }

    private static MeshEndpoint[] Ranked(IReadOnlyList<MeshEndpoint> endpoints, int size, long seed) =>
        Array.ConvertAll(Rendezvous.Lowest([.. endpoints.Select(static endpoint => endpoint.Prefix)], size, seed), index => endpoints[index]);
}
