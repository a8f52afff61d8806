using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.ServiceDiscovery;

namespace MeshLib.Testing;

/// <summary>All that can be reached from a host under test: the registry of its services, and what is behind each address.</summary>
internal sealed class FakeNetwork : IServiceEndpointProviderFactory
{
    private readonly Dictionary<string, FakeService> _services = new(StringComparer.OrdinalIgnoreCase);
    private readonly TimeProvider _time;

    public FakeNetwork(IEnumerable<FakeService> services, TimeProvider time)
    {
        _time = time;
        foreach (var service in services)
        {
            _services[service.Name] = service;
        }
    }

    public bool TryCreateProvider(ServiceEndpointQuery query, [NotNullWhen(true)] out IServiceEndpointProvider? provider)
    {
        // Nobody is asked about a service that is not routed: its calls then go where their address says, and the wire tells what is missing.
        var name = query.EndpointName is { } endpoint ? $"_{endpoint}.{query.ServiceName}" : query.ServiceName;
        provider = _services.TryGetValue(name, out var service) ? new FakeEndpointProvider(service) : null;
        return provider is not null;
    }

    public bool TryFind(string host, [NotNullWhen(true)] out FakeInstance? instance)
    {
        // A request that no endpoint was picked for (an external service, BypassMesh()) asks for the service by its name, as it would ask DNS.
        instance = _services.TryGetValue(host, out var service)
            ? service.Instances is [var first, ..] ? first : null
            : _services.Values.Select(service => service.Find(host)).FirstOrDefault(static found => found is not null);
        return instance is not null;
    }

    public Task<HttpResponseMessage> SendAsync(FakeInstance instance, HttpRequestMessage request, CancellationToken cancellationToken)
    {
        // The mesh's addresses are of a kind that does not let its path be unescaped, as a server in memory wants to.
        request.RequestUri = new Uri(request.RequestUri!.AbsoluteUri);
        return instance.AnswerAsync(request, _time, cancellationToken);
    }

    /// <summary>What is thrown for a host that the test has forgotten. No <see cref="HttpRequestException"/>, which an application may be prepared for.</summary>
    public InvalidOperationException NotRouted(string host)
    {
        var routed = _services.Count == 0 ? "no service" : string.Join(", ", _services.Values.Select(static service => $"'{service.Name}' ({service.Instances.Count})").Order(StringComparer.OrdinalIgnoreCase));
        return new($"'{host}' was called, which the test does not route; it routes {routed}. Nothing leaves a host with AddMeshTesting(): add testing.Route(new FakeService(\"{host}\")) to it, or an instance to the service.");
    }
}
