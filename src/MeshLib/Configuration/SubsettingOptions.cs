namespace MeshLib;

/// <summary>How many instances of a large service one process calls; a part of <see cref="MeshPolicy"/> that all clients of a service share.</summary>
/// <remarks>
/// It bounds connections, which grow with clients times instances otherwise. Where zones are in play each zone has a subset of its own. Balancers that map keys to instances see all of them.
/// </remarks>
public sealed class SubsettingOptions
{
    /// <summary>Whether a process calls only some instances of a large service.</summary>
    /// <value>Default <see langword="true"/>.</value>
    public bool? Enabled { get; set; }

    /// <summary>The instances below which all are called.</summary>
    /// <value>Default 100; from 2 to 1000000.</value>
    public int? MinEndpoints { get; set; }

    /// <summary>
    /// The instances that a process calls at least when the registry tells its place among the instances of its own service: together they then call all instances evenly (deterministic aperture).
    /// </summary>
    /// <value>Default 12; from 1 to 1000000.</value>
    public int? Aperture { get; set; }

    /// <summary>The instances that a process calls when its place is not known: each process draws its own (rendezvous).</summary>
    /// <value>Default 100; from 1 to 1000000. The processes times this should be many times the instances, or some get no traffic.</value>
    public int? Size { get; set; }
}
