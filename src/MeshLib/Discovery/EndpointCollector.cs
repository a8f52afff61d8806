using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;
using Microsoft.Extensions.ServiceDiscovery;

namespace MeshLib;

/// <summary>What providers fill in one refresh.</summary>
internal sealed class EndpointCollector : IServiceEndpointBuilder
{
    private static readonly IUnhealthyEndpointsAccepted Accepted = new UnhealthyEndpointsAccepted();

    public EndpointCollector() => Features.Set(Accepted);

    public IList<ServiceEndpoint> Endpoints { get; } = [];

    public IFeatureCollection Features { get; } = new FeatureCollection();

    public List<IChangeToken> ChangeTokens { get; } = [];

    public void AddChangeToken(IChangeToken changeToken) => ChangeTokens.Add(changeToken);

    private sealed class UnhealthyEndpointsAccepted : IUnhealthyEndpointsAccepted;
}
