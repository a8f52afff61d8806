namespace MeshLib;

/// <summary>
/// Chooses the endpoint of each attempt from one immutable set. A picker is a value: it is made anew when the set or its health changes, never altered,
/// and is called by many threads at once without a lock.
/// </summary>
public abstract class EndpointPicker
{
    /// <summary>Chooses an endpoint, preferring one that <paramref name="call"/> has not tried yet.</summary>
    /// <param name="call">The call, its attempt number and the endpoints it has tried.</param>
    /// <returns>
    /// The endpoint, or <see langword="null"/> when the set is empty. One that is not in the set that the picker was made for is a fault of the picker: the call goes to a random one
    /// of the set then, and <c>mesh.internal_errors</c> counts it.
    /// </returns>
    public abstract MeshEndpoint? Pick(MeshCall call);
}
