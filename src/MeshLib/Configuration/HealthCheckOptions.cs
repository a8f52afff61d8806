namespace MeshLib;

/// <summary>
/// Checks that the mesh itself makes of each instance of a service; a part of <see cref="MeshPolicy"/> that all clients of a service share. They are GET requests on connections of their own, outside the mesh;
/// any 2xx is a pass.
/// </summary>
public sealed class HealthCheckOptions
{
    /// <summary>What to ask for, such as <c>/health</c>; <c>off</c> for no checks.</summary>
    /// <value>Default off.</value>
    public string? Path { get; set; }

    /// <summary>How often each instance is checked that this process uses. The instances of a service are spread over it.</summary>
    /// <value>Default 10 s; from 1 s to 1 h.</value>
    public TimeSpan? Interval { get; set; }

    /// <summary>How long a check may take, the connection included.</summary>
    /// <value>Default 2 s; from 1 ms to 60 s.</value>
    public TimeSpan? Timeout { get; set; }

    /// <summary>The passes in a row after which an unhealthy instance is healthy again. One is enough for an instance that has not passed before.</summary>
    /// <value>Default 2; from 1 to 1000000.</value>
    public int? HealthyThreshold { get; set; }

    /// <summary>The failures in a row after which a healthy instance is unhealthy.</summary>
    /// <value>Default 3; from 1 to 1000000.</value>
    public int? UnhealthyThreshold { get; set; }

    /// <summary>The port to ask at; 0 for the instance's own.</summary>
    /// <value>Default 0; from 0 to 65535.</value>
    public int? Port { get; set; }
}
