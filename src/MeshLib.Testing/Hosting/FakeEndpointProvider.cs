using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.ServiceDiscovery;
using System.Net;

namespace MeshLib.Testing;

/// <summary>Lists the instances of a service as a registry does that pushes its changes.</summary>
internal sealed class FakeEndpointProvider(FakeService service) : IServiceEndpointProvider
{
    public ValueTask PopulateAsync(IServiceEndpointBuilder endpoints, CancellationToken cancellationToken)
    {
        // The token first: a change between the two is told then, and at worst twice.
        endpoints.AddChangeToken(service.ChangeToken);
        foreach (var instance in service.Instances)
        {
            var features = new FeatureCollection();
            features.Set(instance.Metadata);

            // Without scheme and port, so that both are the caller's.
            endpoints.Endpoints.Add(ServiceEndpoint.Create(new DnsEndPoint(instance.Address.Host, 0), features));
        }

        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
