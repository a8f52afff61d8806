namespace MeshLib;

/// <summary>Makes the picker of an endpoint set. One instance serves one set; what it remembers between pickers lives here.</summary>
public abstract class LoadBalancer
{
    /// <summary>Called when the set or its health has changed, off the request path, never concurrently.</summary>
    /// <param name="endpoints">The endpoints that may receive traffic; never altered afterwards.</param>
    public abstract EndpointPicker CreatePicker(IReadOnlyList<MeshEndpoint> endpoints);
}
