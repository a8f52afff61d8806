namespace MeshLib;

/// <summary>The endpoints of one zone.</summary>
/// <param name="Name">The zone; empty for endpoints of which none is known.</param>
/// <param name="All">Every known endpoint in it.</param>
/// <param name="Live">Those that may receive traffic.</param>
internal sealed record ZoneGroup(string Name, IReadOnlyList<MeshEndpoint> All, IReadOnlyList<MeshEndpoint> Live)
{
    /// <summary>What of an endpoint counts while nobody is there: enough for its zone to keep a call now and then, which finds out its return before <see cref="Reachability.Forgiveness"/> does.</summary>
    private const double UnreachablePart = 0.01;

    /// <summary>What they are meant to carry: their weights, or their number where no endpoint of the service has any.</summary>
    public double Nominal { get; private init; }

    /// <summary>What of that is available, in whole percent and with what a zone can take beyond its normal load.</summary>
    public int Health { get; private init; }

    public double Capacity => Nominal * Health / 100;

    /// <summary>The zones of a set, in the order of their names.</summary>
    public static List<ZoneGroup> Of(IReadOnlyList<MeshEndpoint> all, IReadOnlyList<MeshEndpoint> live, double overprovisioning)
    {
        var weightless = all.All(static endpoint => endpoint.Metadata.Weight == 0);
        var alive = live.ToLookup(static endpoint => endpoint.Metadata.Zone ?? "", StringComparer.OrdinalIgnoreCase);
        return [.. all.GroupBy(static endpoint => endpoint.Metadata.Zone ?? "", StringComparer.OrdinalIgnoreCase).OrderBy(static zone => zone.Key, StringComparer.OrdinalIgnoreCase).Select(Group)];

        ZoneGroup Group(IGrouping<string, MeshEndpoint> zone)
        {
            MeshEndpoint[] members = [.. zone];
            MeshEndpoint[] living = [.. alive[zone.Key]];
            var nominal = members.Sum(endpoint => weightless ? 1.0 : endpoint.Metadata.Weight);
            var available = living.Sum(endpoint => (weightless ? 1.0 : endpoint.Capacity) * (endpoint.Reachability.IsUnreachable ? UnreachablePart : 1));

            // Whatever is left of it, a zone that can carry anything must not be rounded away.
            return new(zone.Key, members, living) { Nominal = nominal, Health = available > 0 ? Math.Max(1, PriorityLoad.Health(available, nominal, overprovisioning)) : 0 };
        }
    }
}
