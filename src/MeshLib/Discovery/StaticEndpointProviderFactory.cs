using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.ServiceDiscovery;

namespace MeshLib;

/// <summary>Serves the endpoints given in code; it stands down where configuration names endpoints of the same service.</summary>
internal sealed class StaticEndpointProviderFactory(IEnumerable<StaticEndpoints> endpoints) : IServiceEndpointProviderFactory
{
    private readonly ILookup<string, ServiceEndpoint> _endpoints = endpoints
        .SelectMany(static service => service.Endpoints, static (service, endpoint) => (service.Service, Endpoint: endpoint))
        .ToLookup(static pair => pair.Service, static pair => pair.Endpoint, StringComparer.OrdinalIgnoreCase);

    public bool TryCreateProvider(ServiceEndpointQuery query, [NotNullWhen(true)] out IServiceEndpointProvider? provider)
    {
        // A named endpoint is another port of the service, of which a list of addresses says nothing.
        provider = query.EndpointName is null && _endpoints.Contains(query.ServiceName) ? new Provider([.. _endpoints[query.ServiceName]]) : null;
        return provider is not null;
    }

    private sealed class Provider(IReadOnlyList<ServiceEndpoint> given) : IServiceEndpointProvider
    {
        public ValueTask PopulateAsync(IServiceEndpointBuilder endpoints, CancellationToken cancellationToken)
        {
            if (endpoints.Endpoints.Count == 0)
            {
                foreach (var endpoint in given)
                {
                    endpoints.Endpoints.Add(endpoint);
                }
            }

            endpoints.AddChangeToken(NeverChanges.Token);
            return ValueTask.CompletedTask;
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
