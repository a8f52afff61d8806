namespace MeshLib;

/// <summary>
/// Present among the builder's features when the consumer understands <see cref="EndpointMetadata.Healthy"/>: a provider may then list
/// unhealthy instances too, which the mesh uses only in panic. Where it is absent (Microsoft's own discovery), only healthy ones are listed.
/// </summary>
public interface IUnhealthyEndpointsAccepted;
