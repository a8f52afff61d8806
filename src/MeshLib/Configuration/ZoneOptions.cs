namespace MeshLib;

/// <summary>How much of the traffic stays in the zone of the process that makes it; a part of <see cref="MeshPolicy"/> that all clients of a service share.</summary>
/// <remarks>
/// Zones are in play where the own one is known (<see cref="MeshOptions.Zone"/>, the environment variable <c>MESH_ZONE</c>, the registry) and the service has instances in it and in others, unless so few
/// instances are healthy that all are used. Balancers that map keys to instances see no zones.
/// </remarks>
public sealed class ZoneOptions
{
    /// <summary>Whether instances in the own zone are preferred, as far as they can carry it.</summary>
    /// <value>Default <see langword="true"/>.</value>
    public bool? Enabled { get; set; }

    /// <summary>The instances that the own zone must have, healthy or not, to be preferred.</summary>
    /// <value>Default 2; from 1 to 1000000.</value>
    public int? MinEndpointsPerZone { get; set; }

    /// <summary>How much more than its normal load a zone can take: it counts as whole until less than 1/1.4 = 71 % of it is available, and in proportion below that.</summary>
    /// <value>Default 1.4; from 1 to 10.</value>
    public double? Overprovisioning { get; set; }

    /// <summary>
    /// The zones that stand in for the own one, in this order, all others last: each takes what those before it cannot. Where nothing is named, traffic goes where there is room, so that the load of all
    /// instances is even.
    /// </summary>
    /// <value>Default none.</value>
    public IReadOnlyList<string>? Failover { get; set; }
}
