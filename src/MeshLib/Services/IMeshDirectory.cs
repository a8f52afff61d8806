namespace MeshLib;

/// <summary>What the mesh knows of its services and endpoints, and the few things that an operator may do to an endpoint by hand.</summary>
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

    /// <summary>
    /// Takes an endpoint out: it gets no calls, in panic neither, until it is restored. Updates of discovery do not bring it back, nor does its return within five minutes after it has left. Calls under way end, and a
    /// request that is pinned to it is still sent there. It holds for whatever the service is called by, the names and schemes that are used later too. A service that nobody declared and nobody calls is forgotten after a while, and what was done to its endpoints with it. In the modes <see cref="MeshMode.Observe"/> and <see cref="MeshMode.Resolve"/> it is only noted.
    /// </summary>
    /// <param name="service">The service's name.</param>
    /// <param name="address">The endpoint's address, as <see cref="MeshEndpoint.Address"/> shows it.</param>
    /// <exception cref="ArgumentException">The service, or an endpoint of it with that address, is not known; the message says which are.</exception>
    void Eject(string service, Uri address);

    /// <summary>
    /// Lets an endpoint run dry: it gets no new calls, until it is restored or has left discovery. Whoever comes back at its address gets calls again. It holds for the lists of the service that are known now. Otherwise as <see cref="Eject"/>.
    /// </summary>
    /// <param name="service">The service's name.</param>
    /// <param name="address">The endpoint's address, as <see cref="MeshEndpoint.Address"/> shows it.</param>
    /// <exception cref="ArgumentException">The service, or an endpoint of it with that address, is not known; the message says which are.</exception>
    void Drain(string service, Uri address);

    /// <summary>Ends an ejection, by hand or by peers, and a draining, by hand or announced. A breaker closes by its probe alone, and whom the registry or checks find unhealthy stays so.</summary>
    /// <param name="service">The service's name.</param>
    /// <param name="address">The endpoint's address, as <see cref="MeshEndpoint.Address"/> shows it.</param>
    /// <exception cref="ArgumentException">The service, or an endpoint of it with that address, is not known; the message says which are.</exception>
    void Restore(string service, Uri address);
}
