using Microsoft.Extensions.ServiceDiscovery;

namespace MeshLib;

/// <summary>Endpoints of one service, given in code by <c>AddEndpoints</c>.</summary>
internal sealed record StaticEndpoints(string Service, IReadOnlyList<ServiceEndpoint> Endpoints);
