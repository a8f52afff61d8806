namespace MeshLib;

/// <summary>What code says about the mesh of a host. Configuration section <c>Mesh</c> has the same shape and wins over it, so that a value in code can be corrected without a build.</summary>
/// <remarks>
/// What is nearer to a call wins first, and what is nearer to operations second: built-in defaults, then <see cref="Defaults"/> (code, <c>Mesh:Defaults</c>), then the service (code,
/// <c>Mesh:Services:{name}</c>), then the client (its registration, <see cref="Clients"/>, <c>Mesh:Clients:{client}</c>). A mistake anywhere fails the start with every error named.
/// </remarks>
public sealed class MeshOptions
{
    /// <summary>The name this host calls itself.</summary>
    /// <value>Default: the host's application name.</value>
    public string? ServiceName { get; set; }

    /// <summary>The zone this host runs in.</summary>
    /// <value>Default none.</value>
    public string? Zone { get; set; }

    /// <summary>How much the mesh does for every service that has no mode of its own; stands above <see cref="Defaults"/> of the same source.</summary>
    /// <value>Default <see cref="MeshMode.Enforce"/>. The environment variable <c>MESH_MODE</c> wins over everything, whatever is set per service.</value>
    public MeshMode? Mode { get; set; }

    /// <summary>
    /// Leaves Microsoft's standard and hedging resilience handlers in the way of every request of mesh clients. Their attempts multiply with the mesh's, and no budget counts them.
    /// </summary>
    /// <value>Default <see langword="false"/>: the mesh takes their place, and says so once; requests that pass through the mesh go through them all the same.</value>
    public bool KeepResilienceHandlers { get; set; }

    /// <summary>The policy of every service.</summary>
    public MeshPolicy Defaults { get; } = new();

    /// <summary>The policies of single services. Naming one declares it: <c>options.Services["orders"].CircuitBreaker.ConsecutiveFailures = 3</c>.</summary>
    public MeshPolicyCollection Services { get; } = new();

    /// <summary>The policies of single clients, by the name of the <see cref="HttpClient"/>; they may set what belongs to a call.</summary>
    public MeshPolicyCollection Clients { get; } = new();
}
