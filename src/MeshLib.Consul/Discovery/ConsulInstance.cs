namespace MeshLib.Consul;

/// <summary>One usable instance of a service. Its identity in Consul is (<see cref="Node"/>, <see cref="Id"/>), because an id is unique per agent only.</summary>
internal sealed record ConsulInstance
{
    public required string Node { get; init; }

    public required string Id { get; init; }

    public required InstanceHost Host { get; init; }

    /// <summary>The port for calls that name no endpoint; 0 when the instance has named ports only.</summary>
    public required int Port { get; init; }

    /// <summary>The instance's own word on its scheme: <c>http</c>, <c>https</c>, or <see langword="null"/>.</summary>
    public string? Scheme { get; init; }

    public IReadOnlyDictionary<string, int> NamedPorts { get; init; } = EmptyPorts;

    public required EndpointMetadata Metadata { get; init; }

    private static readonly Dictionary<string, int> EmptyPorts = [];

    /// <summary>The order in which instances are listed, and in which of two at one address the first is kept.</summary>
    public static int Compare(ConsulInstance a, ConsulInstance b) =>
        string.CompareOrdinal(a.Node, b.Node) is not 0 and var byNode ? byNode : string.CompareOrdinal(a.Id, b.Id);

    /// <summary>By content: records compare lists and maps by reference, and every answer brings new ones.</summary>
    public bool SameAs(ConsulInstance other) =>
        Node == other.Node
        && Id == other.Id
        && Host == other.Host
        && Port == other.Port
        && Scheme == other.Scheme
        && Metadata with { Tags = [] } == other.Metadata with { Tags = [] }
        && Metadata.Tags.SequenceEqual(other.Metadata.Tags, StringComparer.Ordinal)
        && NamedPorts.Count == other.NamedPorts.Count
        && NamedPorts.All(port => other.NamedPorts.TryGetValue(port.Key, out var number) && number == port.Value);
}
