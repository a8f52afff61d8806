using System.Text.Json.Serialization;

namespace MeshLib.Consul;

/// <summary>One row of <c>/v1/health/service/:name</c>, with the members that are used. Consul adds members at will, and any may be null.</summary>
internal sealed class HealthEntry
{
    public HealthNode? Node { get; init; }

    public HealthService? Service { get; init; }

    /// <summary>What all checks say together, those of the node included.</summary>
    [JsonPropertyName("Checks"), JsonConverter(typeof(WorstCheck))]
    public InstanceStatus Status { get; init; }
}

internal sealed class HealthNode
{
    [JsonConverter(typeof(LenientText))]
    public string? Node { get; init; }

    [JsonConverter(typeof(LenientText))]
    public string? Address { get; init; }

    [JsonConverter(typeof(LenientMap))]
    public IReadOnlyDictionary<string, string>? Meta { get; init; }

    public HealthLocality? Locality { get; init; }
}

internal sealed class HealthService
{
    [JsonPropertyName("ID"), JsonConverter(typeof(LenientText))]
    public string? Id { get; init; }

    [JsonConverter(typeof(LenientText))]
    public string? Service { get; init; }

    [JsonConverter(typeof(LenientText))]
    public string? Address { get; init; }

    [JsonConverter(typeof(LenientNumber))]
    public int? Port { get; init; }

    public IReadOnlyList<HealthPort?>? Ports { get; init; }

    [JsonConverter(typeof(LenientList))]
    public IReadOnlyList<string>? Tags { get; init; }

    [JsonConverter(typeof(LenientMap))]
    public IReadOnlyDictionary<string, string>? Meta { get; init; }

    public HealthWeights? Weights { get; init; }

    public HealthLocality? Locality { get; init; }
}

/// <summary>A named port of newer Consul, where <c>Port</c> is absent.</summary>
internal sealed class HealthPort
{
    [JsonConverter(typeof(LenientText))]
    public string? Name { get; init; }

    [JsonConverter(typeof(LenientNumber))]
    public int? Port { get; init; }

    public bool? Default { get; init; }
}

internal sealed class HealthWeights
{
    [JsonConverter(typeof(LenientNumber))]
    public int? Passing { get; init; }

    [JsonConverter(typeof(LenientNumber))]
    public int? Warning { get; init; }
}

internal sealed class HealthLocality
{
    [JsonConverter(typeof(LenientText))]
    public string? Region { get; init; }

    [JsonConverter(typeof(LenientText))]
    public string? Zone { get; init; }
}
