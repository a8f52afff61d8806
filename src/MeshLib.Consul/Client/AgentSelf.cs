using System.Text.Json.Serialization;

namespace MeshLib.Consul;

/// <summary>What is used of <c>/v1/agent/self</c>: who the local agent is, and what its operators wrote about the machine.</summary>
internal sealed class AgentSelf
{
    public AgentConfig? Config { get; init; }

    [JsonConverter(typeof(LenientMap))]
    public IReadOnlyDictionary<string, string>? Meta { get; init; }
}

internal sealed class AgentConfig
{
    [JsonConverter(typeof(LenientText))]
    public string? NodeName { get; init; }

    [JsonConverter(typeof(LenientText))]
    public string? Datacenter { get; init; }

    [JsonConverter(typeof(LenientText))]
    public string? Version { get; init; }
}
