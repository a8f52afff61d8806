namespace MeshLib;

/// <summary>From where this process calls: its zone, how the callers of its own service are spread, and its place among them. Immutable.</summary>
internal sealed record Standpoint
{
    /// <summary>Nothing is known yet.</summary>
    public static Standpoint Unknown { get; } = new();

    /// <summary>The own zone, or <see langword="null"/> while it is not known.</summary>
    public string? Zone { get; init; }

    /// <summary>Whether the zone is still being looked for.</summary>
    public bool IsZoneSought { get; init; }

    /// <summary>The weight of the own service's instances in each zone; <see langword="null"/> while they are not known.</summary>
    public IReadOnlyDictionary<string, double>? Callers { get; init; }

    /// <summary>The place among all instances of the own service.</summary>
    public Coordinate? Place { get; init; }

    /// <summary>The place among those in the own zone.</summary>
    public Coordinate? PlaceInZone { get; init; }

    /// <param name="self">This process.</param>
    /// <param name="foundZone">What a zone source has said.</param>
    /// <param name="sought">Whether one is still being asked.</param>
    /// <param name="instances">The instances of the own service; <see langword="null"/> while they are not known.</param>
    public static Standpoint Of(LocalInstance self, string? foundZone, bool sought, IReadOnlyList<DiscoveredEndpoint>? instances)
    {
        var known = instances ?? [];
        var own = self.Id is { } id ? known.FirstOrDefault(instance => instance.Metadata.Id == id)?.Metadata : null;
        var zone = self.Zone ?? own?.Zone ?? foundZone;
        return new()
        {
            Zone = zone,

            // Whoever is registered may yet find its zone in its own registration.
            IsZoneSought = zone is null && (sought || (self.Id is not null && instances is null)),
            Callers = CallersOf(known, zone),
            Place = PlaceOf(own, known),
            PlaceInZone = PlaceOf(own, known.Where(instance => string.Equals(instance.Metadata.Zone, zone, StringComparison.OrdinalIgnoreCase))),
        };
    }

    public bool Equals(Standpoint? other) =>
        other is not null
        && Zone == other.Zone
        && IsZoneSought == other.IsZoneSought
        && Place == other.Place
        && PlaceInZone == other.PlaceInZone
        && (Callers is null ? other.Callers is null : other.Callers is { } callers && Callers.Count == callers.Count && Callers.All(zone => callers.TryGetValue(zone.Key, out var weight) && weight == zone.Value));

    public override int GetHashCode() => HashCode.Combine(Zone, IsZoneSought, Place, PlaceInZone, Callers?.Count);

    private static Dictionary<string, double>? CallersOf(IReadOnlyList<DiscoveredEndpoint> instances, string? ownZone)
    {
        var callers = new Dictionary<string, double>(StringComparer.OrdinalIgnoreCase);
        foreach (var metadata in instances.Select(static instance => instance.Metadata))
        {
            // Whoever does not know its zone calls all alike, and takes no part in the reckoning.
            if (metadata is { Healthy: true, Weight: > 0, Zone: { } zone })
            {
                callers[zone] = callers.GetValueOrDefault(zone) + metadata.Weight;
            }
        }

        // This process itself calls, registered yet or not.
        if (callers.Count > 0 && ownZone is not null)
        {
            callers.TryAdd(ownZone, 1);
        }

        return callers.Count > 0 ? callers : null;
    }

    // By identifier, healthy or not: the places of all must not shift whenever one of them falters.
    private static Coordinate? PlaceOf(EndpointMetadata? own, IEnumerable<DiscoveredEndpoint> instances)
    {
        if (own is null)
        {
            return null;
        }

        var ids = instances.Select(static instance => instance.Metadata.Id).OfType<string>().ToHashSet(StringComparer.Ordinal);
        return ids.Contains(own.Id!) ? new(ids.Count(id => string.CompareOrdinal(id, own.Id) < 0), ids.Count) : null;
    }
}
