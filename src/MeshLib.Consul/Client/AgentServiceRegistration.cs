using System.Text.Json.Serialization;

namespace MeshLib.Consul;

/// <summary>The body of <c>/v1/agent/service/register</c>. Members left null are not sent: Consul answers 400 to a member that it does not know.</summary>
internal sealed record AgentServiceRegistration
{
    [JsonPropertyName("ID")]
    public required string Id { get; init; }

    public required string Name { get; init; }

    public string? Address { get; init; }

    public int? Port { get; init; }

    public IReadOnlyList<string>? Tags { get; init; }

    public IReadOnlyDictionary<string, string>? Meta { get; init; }

    public AgentServiceWeights? Weights { get; init; }

    public AgentServiceCheck? Check { get; init; }
}

internal sealed record AgentServiceWeights(int Passing, int Warning);

/// <summary>A TTL check: the process reports its own health. Durations are in Go's syntax (see <see cref="GoDuration"/>).</summary>
internal sealed record AgentServiceCheck
{
    [JsonPropertyName("CheckID")]
    public required string CheckId { get; init; }

    public string? Name { get; init; }

    [JsonPropertyName("TTL")]
    public string? Ttl { get; init; }

    public string? Status { get; init; }

    public string? DeregisterCriticalServiceAfter { get; init; }
}
