namespace MeshLib;

/// <summary>What the mesh knows: a read-only view of its services and endpoints.</summary>
public interface IMeshDirectory
{
    /// <summary>
    /// The zone of this process, from configuration, the environment variable <c>MESH_ZONE</c> or the registry; <see langword="null"/> while it is not known. The registry is asked when a service is called that
    /// has instances in several zones.
    /// </summary>
    string? Zone { get; }

    /// <summary>Every service that is declared or has been called, in the order of their names. Hosts that are passed through are none.</summary>
    IReadOnlyList<MeshServiceView> Services { get; }

    /// <summary>Resolves services before their first request. No connection is opened: only a request could do that, and that is for the application to choose.</summary>
    /// <param name="names">Service names or addresses such as <c>https+http://orders</c>; empty for every declared service.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="ArgumentException">A name is neither.</exception>
    /// <returns>A task that completes when each of them has had discovery's first answer, good or bad.</returns>
    Task WarmUpAsync(IEnumerable<string> names, CancellationToken cancellationToken = default);
}
