namespace MeshLib;

/// <summary>One whole answer of all providers of a set.</summary>
/// <param name="Endpoints">The endpoints, in the providers' order.</param>
/// <param name="Authoritative">Whether a registry was asked (anything but configuration), so that an empty answer means "no instance" and not "never heard of it".</param>
/// <param name="Status">How fresh the list is, where a provider tells.</param>
internal sealed record EndpointUpdate(IReadOnlyList<DiscoveredEndpoint> Endpoints, bool Authoritative, IEndpointSourceStatus? Status);
