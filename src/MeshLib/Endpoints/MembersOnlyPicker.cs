namespace MeshLib;

/// <summary>
/// A picker of the user's, held to its set: an endpoint that it has kept from another time or another service is a fault like any other, after which a live one is picked at random.
/// </summary>
internal sealed class MembersOnlyPicker(EndpointPicker picker, IReadOnlyList<MeshEndpoint> endpoints) : EndpointPicker
{
    private readonly HashSet<MeshEndpoint> _members = [.. endpoints];

    /// <inheritdoc/>
    public override MeshEndpoint? Pick(MeshCall call)
    {
        var endpoint = picker.Pick(call);
        return endpoint is null || _members.Contains(endpoint)
            ? endpoint
            : throw new InvalidOperationException($"{picker.GetType()} picked {endpoint}, which is not among the endpoints that its picker was made for.");
    }
}
