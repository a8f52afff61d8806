namespace MeshLib;

/// <summary>The right to send one attempt to an endpoint, and what its outcome is to be settled with.</summary>
/// <param name="Endpoint">Where the attempt goes.</param>
/// <param name="Generation">The breaker's generation at the start: an outcome of an earlier one changes nothing.</param>
internal readonly record struct EndpointTicket(MeshEndpoint Endpoint, int Generation);
