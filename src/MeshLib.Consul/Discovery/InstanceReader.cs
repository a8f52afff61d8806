using System.Collections.Frozen;

namespace MeshLib.Consul;

/// <summary>Reads one row. Neither an instance nor a reason to drop it means that it is in maintenance.</summary>
internal readonly record struct InstanceReader(ConsulInstance? Instance, DropReason? Drop)
{
    private const string Http = "http";
    private const string Https = "https";

    public static InstanceReader Read(HealthEntry? entry, string service, bool allowSpecialAddresses, SharedTexts texts)
    {
        if (entry is not { Node: { } node, Service: { } row })
        {
            return new(null, DropReason.Incomplete);
        }

        if (!string.Equals(row.Service, service, StringComparison.OrdinalIgnoreCase))
        {
            return new(null, DropReason.OtherService);
        }

        if (entry.Status == InstanceStatus.Maintenance)
        {
            return default;
        }

        // Often empty: then the instance is where its node is. The node's name is for people and never an address.
        var address = string.IsNullOrWhiteSpace(row.Address) ? node.Address : row.Address;
        if (InstanceHost.TryParse(address?.Trim() ?? "", allowSpecialAddresses, out var host) is { } reason)
        {
            return new(null, reason);
        }

        var named = ReadNamedPorts(row);
        var port = ReadPort(row);
        if (port == 0 && named.Count == 0)
        {
            return new(null, DropReason.InvalidPort);
        }

        var (weight, healthy) = ReadWeight(row, entry.Status);
        return new(new ConsulInstance
        {
            Node = texts.Share(node.Node) ?? "",
            Id = row.Id ?? "",
            Host = host,
            Port = port,
            Scheme = ReadScheme(row.Meta),
            NamedPorts = named,
            Metadata = new EndpointMetadata
            {
                Id = row.Id,
                Zone = texts.Share(ReadZone(row, node)),
                Version = texts.Share(Find(row.Meta, MetaKey.Version)),
                Weight = weight,
                Healthy = healthy,
                Tags = row.Tags ?? [],
            },
        }, null);
    }

    /// <summary>The zone that metadata names.</summary>
    public static string? ZoneIn(IReadOnlyDictionary<string, string>? meta) => Find(meta, MetaKey.Zone) ?? Find(meta, MetaKey.AvailabilityZone);

    private static string? Find(IReadOnlyDictionary<string, string>? meta, string key) =>
        meta is not null && meta.TryGetValue(key, out var value) && value.Length > 0 ? value : null;

    private static bool IsPort(int? port) => port is > 0 and <= ushort.MaxValue;

    private static int ReadPort(HealthService row)
    {
        if (IsPort(row.Port))
        {
            return row.Port!.Value;
        }

        // Newer Consul lists ports by name and leaves Port out; a lone one needs no mark to be the default.
        var ports = row.Ports?.Where(port => IsPort(port?.Port)).ToList() ?? [];
        var port = ports.Find(port => port!.Default == true) ?? (ports.Count == 1 ? ports[0] : null);
        return row.Port is null or 0 ? port?.Port ?? 0 : 0;
    }

    private static IReadOnlyDictionary<string, int> ReadNamedPorts(HealthService row)
    {
        // Most have none, and a service may have thousands of instances.
        Dictionary<string, int>? named = null;
        foreach (var port in row.Ports ?? [])
        {
            if (port is { Name: { Length: > 0 } name })
            {
                Add(name, port.Port);
            }
        }

        foreach (var (key, value) in row.Meta ?? FrozenDictionary<string, string>.Empty)
        {
            if (key.StartsWith(MetaKey.PortPrefix, StringComparison.OrdinalIgnoreCase))
            {
                Add(key[MetaKey.PortPrefix.Length..], LenientNumber.Parse(value));
            }
        }

        return named ?? (IReadOnlyDictionary<string, int>)FrozenDictionary<string, int>.Empty;

        void Add(string name, int? port)
        {
            if (IsPort(port))
            {
                named ??= new(StringComparer.OrdinalIgnoreCase);
                named[name] = port!.Value;
            }
        }
    }

    private static string? ReadScheme(IReadOnlyDictionary<string, string>? meta)
    {
        var scheme = Find(meta, MetaKey.Scheme);
        return Is(scheme, Http) ? Http
            : Is(scheme, Https) || Is(Find(meta, MetaKey.Secure), "true") ? Https
            : null;

        static bool Is(string? text, string other) => string.Equals(text, other, StringComparison.OrdinalIgnoreCase);
    }

    private static string? ReadZone(HealthService row, HealthNode node) =>
        ZoneIn(row.Meta) ?? ZoneIn(node.Meta) ?? NullIfEmpty(row.Locality?.Zone) ?? NullIfEmpty(node.Locality?.Zone);

    private static string? NullIfEmpty(string? text) => string.IsNullOrEmpty(text) ? null : text;

    /// <summary>A warning instance gets its warning weight; with none it is out, as it is in Consul's own DNS answers.</summary>
    private static (int Weight, bool Healthy) ReadWeight(HealthService row, InstanceStatus status)
    {
        var passing = row.Weights?.Passing ?? 1;
        var warning = row.Weights?.Warning ?? 1;
        var own = LenientNumber.Parse(Find(row.Meta, MetaKey.Weight));
        return status switch
        {
            InstanceStatus.Passing => (own ?? passing, true),
            InstanceStatus.Warning => (own ?? warning, warning > 0),
            _ => (own ?? passing, false),
        };
    }
}
