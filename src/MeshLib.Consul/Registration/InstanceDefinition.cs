namespace MeshLib.Consul;

/// <summary>Who this instance is: what does not change while the process lives, and what Consul is told of it.</summary>
/// <param name="Service">The service's name.</param>
/// <param name="Id">The instance's identifier at its agent.</param>
/// <param name="Version">The version of the software, if known.</param>
/// <param name="Zone">Where it runs, if anything here says so.</param>
internal sealed record InstanceDefinition(string Service, string Id, string? Version, string? Zone)
{
    public const string ZoneKey = "zone";
    private const string VersionKey = "version";
    private const string SchemeKey = "scheme";
    private const int LongestMetaValue = 512;

    /// <summary>The metadata that is filled in where options do not set it.</summary>
    public static IReadOnlyList<string> OwnMeta { get; } = [ZoneKey, VersionKey, SchemeKey];

    // Always named: an agent numbers the checks that have no name of their own by their order.
    public string CheckId => Id + ":ttl";

    /// <param name="options">What was set by hand.</param>
    /// <param name="address">Where it is reached.</param>
    /// <param name="zoneOfNode">The zone where nothing here names one.</param>
    /// <param name="status">The first status of its check.</param>
    public AgentServiceRegistration Describe(RegistrationOptions options, InstanceAddress address, string? zoneOfNode, string status)
    {
        var meta = new Dictionary<string, string>(options.Meta, StringComparer.Ordinal);
        Fill(ZoneKey, Zone ?? zoneOfNode);
        Fill(VersionKey, Version);
        Fill(SchemeKey, address.Scheme);
        return new AgentServiceRegistration
        {
            Id = Id,
            Name = Service,
            Address = address.Host,
            Port = address.Port,
            Tags = options.Tags.Count > 0 ? [.. options.Tags] : null,
            Meta = meta,
            Check = new AgentServiceCheck
            {
                CheckId = CheckId,
                Name = "heartbeat of the process",
                Ttl = GoDuration.Format(options.Ttl),
                Status = status,
                DeregisterCriticalServiceAfter = GoDuration.Format(options.DeregisterAfter),
            },
        };

        void Fill(string key, string? value)
        {
            if (!string.IsNullOrWhiteSpace(value))
            {
                meta.TryAdd(key, value.Length > LongestMetaValue ? value[..LongestMetaValue] : value);
            }
        }
    }
}
