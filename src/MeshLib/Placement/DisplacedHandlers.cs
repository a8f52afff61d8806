namespace MeshLib;

/// <summary>Handlers of other packages that the mesh takes the place of, each list with the outermost first.</summary>
/// <param name="Resilience">What repeats and limits requests in place of a mesh that does not.</param>
/// <param name="Resolving">What turns a logical address into a physical one, for requests that are none of the mesh's business.</param>
internal sealed record DisplacedHandlers(IReadOnlyList<DelegatingHandler> Resilience, IReadOnlyList<DelegatingHandler> Resolving)
{
    public static DisplacedHandlers None { get; } = new([], []);
}
