using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.ServiceDiscovery;

namespace MeshLib;

/// <summary>Serves the endpoints given in code; it stands down where configuration names endpoints of the same service.</summary>
internal sealed class StaticEndpointProviderFactory(IEnumerable<StaticEndpoints> endpoints) : IServiceEndpointProviderFactory
{
    private readonly ILookup<string, Uri> _addresses = endpoints
        .SelectMany(static service => service.Addresses, static (service, address) => (service.Service, Address: address))
        .ToLookup(static pair => pair.Service, static pair => pair.Address, StringComparer.OrdinalIgnoreCase);

    public bool TryCreateProvider(ServiceEndpointQuery query, [NotNullWhen(true)] out IServiceEndpointProvider? provider)
    {
        // A named endpoint is another port of the service, of which a list of addresses says nothing.
        provider = query.EndpointName is null && _addresses.Contains(query.ServiceName) ? new Provider([.. _addresses[query.ServiceName]]) : null;
        return provider is not null;
    }

    private sealed class Provider(IReadOnlyList<Uri> addresses) : IServiceEndpointProvider
    {
        public ValueTask PopulateAsync(IServiceEndpointBuilder endpoints, CancellationToken cancellationToken)
        {
            if (endpoints.Endpoints.Count == 0)
            {
                foreach (var address in addresses)
                {
                    endpoints.Endpoints.Add(ServiceEndpoint.Create(new UriEndPoint(address)));
                }
            }

            endpoints.AddChangeToken(NeverChanges.Token);
            return ValueTask.CompletedTask;
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
