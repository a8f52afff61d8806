namespace MeshLib;

/// <summary>
/// What a registry knows of one instance. A discovery provider sets it as a feature of the
/// <see cref="Microsoft.Extensions.ServiceDiscovery.ServiceEndpoint"/>: <c>endpoint.Features.Set(new EndpointMetadata { … })</c>.
/// </summary>
public sealed record EndpointMetadata
{
    /// <summary>Metadata of an endpoint of which nothing is known.</summary>
    public static EndpointMetadata None { get; } = new();

    /// <summary>The instance's identifier in its registry, or <see langword="null"/> when the address is all there is.</summary>
    public string? Id { get; init; }

    /// <summary>The zone (availability zone, rack) in which the instance runs.</summary>
    public string? Zone { get; init; }

    /// <summary>The version of the software that the instance runs.</summary>
    public string? Version { get; init; }

    /// <summary>The instance's share of traffic relative to its peers.</summary>
    /// <value>Default 1. Values outside 0 to 65535 are clamped.</value>
    public int Weight { get; init => field = Math.Clamp(value, 0, 65535); } = 1;

    /// <summary>Whether the registry's own health checks pass. Unhealthy instances get traffic only in panic.</summary>
    /// <value>Default <see langword="true"/>.</value>
    public bool Healthy { get; init; } = true;

    /// <summary>The instance's tags.</summary>
    public IReadOnlyList<string> Tags { get; init; } = [];
}
