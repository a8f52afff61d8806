using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;
using Microsoft.Extensions.ServiceDiscovery;

namespace MeshLib;

/// <summary>What providers fill in one refresh.</summary>
internal sealed class EndpointCollector : IServiceEndpointBuilder
{
    private static readonly IUnhealthyEndpointsAccepted Accepted = new UnhealthyEndpointsAccepted();

    private readonly List<IChangeToken> _tokens;

    /// <param name="tokens">Gets their change tokens.</param>
    public EndpointCollector(List<IChangeToken> tokens)
    {
        _tokens = tokens;
        Features.Set(Accepted);
    }

    public IList<ServiceEndpoint> Endpoints { get; } = [];

    public IFeatureCollection Features { get; } = new FeatureCollection();

    public void AddChangeToken(IChangeToken changeToken) => _tokens.Add(changeToken);

    private sealed class UnhealthyEndpointsAccepted : IUnhealthyEndpointsAccepted;
}
