namespace MeshLib;

/// <summary>
/// One layer of policy for calls to a service: what is left <see langword="null"/> is inherited from the layer below, and in the end from the built-in default.
/// A list that is set replaces the inherited one whole.
/// </summary>
/// <remarks>
/// A layer given to <c>AddMeshClient</c> or to <see cref="MeshOptions.Clients"/> may set what belongs to a call. State that all clients of a service share (<see cref="Mode"/>, <see cref="LoadBalancing"/>,
/// <see cref="CircuitBreaker"/>, <see cref="OutlierDetection"/>, <see cref="HealthCheck"/>, <see cref="Bulkhead"/>, <see cref="Zone"/>, <see cref="Subsetting"/>,
/// <see cref="RetryOptions.Budget"/>, <see cref="External"/>) is set through <see cref="MeshOptions.Services"/>,
/// <see cref="MeshOptions.Defaults"/> or configuration; set on a client it fails the start.
/// </remarks>
public sealed class MeshPolicy
{
    /// <summary>How much the mesh does. Shared by all clients of a service.</summary>
    /// <value>Default <see cref="MeshMode.Enforce"/>. A service's mode goes before the global one; the environment variable <c>MESH_MODE</c> goes before both.</value>
    public MeshMode? Mode { get; set; }

    /// <summary>The service is a foreign host: no <c>mesh-*</c> header leaves, and redirects, proxy and cookies stay as the client factory has them.</summary>
    /// <value>Default <see langword="false"/>.</value>
    public bool? External { get; set; }

    /// <summary>The time for the whole call, all attempts and pauses together, up to the response's headers or the end of a body that is read with them.</summary>
    /// <value>Default 30 s; from 1 ms to 24 days.</value>
    public TimeSpan? Timeout { get; set; }

    /// <summary>The time for one attempt while another one is still allowed; the last one goes on under <see cref="Timeout"/>.</summary>
    /// <value>Default 3 s, or <see cref="Timeout"/> where that is shorter; from 1 ms to <see cref="Timeout"/>.</value>
    public TimeSpan? AttemptTimeout { get; set; }

    /// <summary>The time to open a connection. Read when a primary handler is built, so that a change takes effect with the factory's next rotation.</summary>
    /// <value>Default the lesser of 2 s and half of <see cref="AttemptTimeout"/>; from 1 ms, below <see cref="AttemptTimeout"/>.</value>
    public TimeSpan? ConnectTimeout { get; set; }

    /// <summary>How long a streamed response body may stay silent while it is being read.</summary>
    /// <value>Default 30 s; from 1 ms to 24 days.</value>
    public TimeSpan? ReadIdleTimeout { get; set; }

    /// <summary>How an instance is chosen. Shared by all clients of a service.</summary>
    public LoadBalancingOptions LoadBalancing { get; } = new();

    /// <summary>Which calls are sent again, how often and when.</summary>
    public RetryOptions Retry { get; } = new();

    /// <summary>When an instance gets no more calls, and for how long. Shared by all clients of a service.</summary>
    public CircuitBreakerOptions CircuitBreaker { get; } = new();

    /// <summary>When an instance that fails more than its peers is set aside. Shared by all clients of a service.</summary>
    public OutlierDetectionOptions OutlierDetection { get; } = new();

    /// <summary>Checks that the mesh makes of each instance. Shared by all clients of a service.</summary>
    public HealthCheckOptions HealthCheck { get; } = new();

    /// <summary>How many calls to a service may run at once. Shared by all clients of a service.</summary>
    public BulkheadOptions Bulkhead { get; } = new();

    /// <summary>How much of the traffic stays in the own zone. Shared by all clients of a service.</summary>
    public ZoneOptions Zone { get; } = new();

    /// <summary>How many instances of a large service one process calls. Shared by all clients of a service.</summary>
    public SubsettingOptions Subsetting { get; } = new();
}
