namespace MeshLib;

/// <summary>Makes the picker of an endpoint set. One instance serves one set; what it remembers between pickers lives here.</summary>
public abstract class LoadBalancer
{
    /// <summary>
    /// Whether the choice is only right among the whole set, as where every process must map a key to the same endpoint. Other balancers are given the endpoints zone by zone, and of a large set a part; an instance
    /// for each zone.
    /// </summary>
    /// <value>Default <see langword="false"/>.</value>
    public virtual bool NeedsWholeSet => false;

    /// <summary>
    /// Called when the set or its health has changed, never concurrently, and on the thread that brings the change: mostly one of discovery or of the mesh's timer, but a call's own when it has found out that an endpoint
    /// fails, so that the next pick knows. What takes long is better kept from one picker to the next.
    /// </summary>
    /// <param name="endpoints">The endpoints that may receive traffic; never altered afterwards.</param>
    public abstract EndpointPicker CreatePicker(IReadOnlyList<MeshEndpoint> endpoints);

    /// <summary>
    /// What the mesh calls. A balancer overrides it whose picker rests on something dear, such as a table, that had better depend on who is there than on who is well: members change seldom, health often.
    /// </summary>
    /// <param name="endpoints">The endpoints that may receive traffic; never altered afterwards.</param>
    /// <param name="members">Those and the ones that would be among them if they were well, in the same order; never altered afterwards, and another list when there is another member or what the registry says of one has changed.</param>
    /// <returns>By default the picker of <paramref name="endpoints"/> alone.</returns>
    public virtual EndpointPicker CreatePicker(IReadOnlyList<MeshEndpoint> endpoints, IReadOnlyList<MeshEndpoint> members) => CreatePicker(endpoints);
}
