namespace MeshLib;

/// <summary>The endpoints of one zone.</summary>
/// <param name="Name">The zone; empty for endpoints of which none is known.</param>
/// <param name="All">Every known endpoint in it.</param>
/// <param name="Live">Those that may receive traffic.</param>
internal sealed record ZoneGroup(string Name, IReadOnlyList<MeshEndpoint> All, IReadOnlyList<MeshEndpoint> Live)
{
    /// <summary>What of an endpoint counts while nobody is there: enough for its zone to keep a call now and then, which finds out its return before <see cref="Reachability.Forgiveness"/> does.</summary>
    private const double UnreachablePart = 0.01;

    /// <summary>What they are meant to carry: what they report that they can do, or else their weights, or their number where no endpoint of the service has any.</summary>
    public double Nominal { get; private init; }

    /// <summary>What of that is available, in whole percent and with what a zone can take beyond its normal load.</summary>
    public int Health { get; private init; }

    public double Capacity => Nominal * Health / 100;

    /// <summary>The zones of a set, in the order of their names.</summary>
    /// <param name="all">The members of the set.</param>
    /// <param name="live">Those that may receive traffic, in the same order.</param>
    /// <param name="overprovisioning">How much more than its normal load a zone can take.</param>
    /// <param name="now">When load reports are read.</param>
    /// <param name="heard">
    /// What a unit of weight was last heard to carry in each zone, which this keeps: a zone is heard only while calls go there. If it were forgotten between them, a weak zone would be sent too much, be heard, be spared,
    /// be forgotten and be sent too much again.
    /// </param>
    public static List<ZoneGroup> Of(IReadOnlyList<MeshEndpoint> all, IReadOnlyList<MeshEndpoint> live, double overprovisioning, long now, Dictionary<string, double> heard)
    {
        var weightless = all.All(static endpoint => endpoint.Metadata.Weight == 0);
        var reported = ReportedWeights.Capacities(all, now);
        int[] everyone = [.. Enumerable.Range(0, all.Count)];
        var typical = CapacityPerWeight(everyone);
        if (typical is null)
        {
            reported = null;
            heard.Clear();
        }

        var alive = EndpointParts.Mark(all, live);
        return [.. everyone.GroupBy(i => all[i].Metadata.Zone ?? "", StringComparer.OrdinalIgnoreCase).OrderBy(static zone => zone.Key, StringComparer.OrdinalIgnoreCase).Select(Group)];

        ZoneGroup Group(IGrouping<string, int> zone)
        {
            int[] indices = [.. zone];

            // Who does not report is like those of its zone that do or did: instances of a zone tend to be of one kind, and of a large one only a part is ever called.
            if (CapacityPerWeight(indices) is { } current)
            {
                heard[zone.Key] = current;
            }

            var perWeight = heard.TryGetValue(zone.Key, out var last) ? last : typical ?? 1;
            var (nominal, available) = (0.0, 0.0);
            var (members, living) = (new List<MeshEndpoint>(indices.Length), new List<MeshEndpoint>(indices.Length));
            foreach (var i in indices)
            {
                var endpoint = all[i];
                var meant = ReportedBy(i) ?? (WeightOf(i) * perWeight);
                members.Add(endpoint);
                nominal += meant;
                if (alive[i])
                {
                    living.Add(endpoint);
                    available += meant * (weightless ? 1 : endpoint.Health.Share) * (endpoint.Reachability.IsUnreachable ? UnreachablePart : 1);
                }
            }

            // Whatever is left of it, a zone that can carry anything must not be rounded away.
            return new(zone.Key, members, living) { Nominal = nominal, Health = available > 0 ? Math.Max(1, PriorityLoad.Health(available, nominal, overprovisioning)) : 0 };
        }

        double WeightOf(int i) => weightless ? 1 : all[i].Metadata.Weight;

        double? ReportedBy(int i) => reported is not null && reported[i] > 0 && WeightOf(i) > 0 ? reported[i] : null;

        // Of those that report; nothing follows from a single one.
        double? CapacityPerWeight(int[] indices)
        {
            var (reporting, capacity, weight) = (0, 0.0, 0.0);
            foreach (var i in indices)
            {
                if (ReportedBy(i) is { } known)
                {
                    reporting++;
                    capacity += known;
                    weight += WeightOf(i);
                }
            }

            return reporting < 2 ? null : capacity / weight;
        }
    }
}
