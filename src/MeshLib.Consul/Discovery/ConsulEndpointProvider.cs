using Microsoft.Extensions.ServiceDiscovery;

namespace MeshLib.Consul;

/// <summary>
/// Hands what a watch knows to Microsoft's discovery, which calls this on its callers' path: it copies a list in memory. It waits, and may fail,
/// only before the service's first answer.
/// </summary>
internal sealed class ConsulEndpointProvider(HealthQuery query, EndpointMapping mapping, WatchRegistry registry) : IServiceEndpointProvider
{
    private readonly Lock _lock = new();
    private WatchHandle? _handle;
    private bool _disposed;

    public async ValueTask PopulateAsync(IServiceEndpointBuilder endpoints, CancellationToken cancellationToken)
    {
        // Someone nearer to operations (configuration) has spoken. Adding a token for nothing would only stop others from polling.
        if (endpoints.Endpoints.Count > 0)
        {
            return;
        }

        var watch = Join();
        endpoints.Features.Set<IEndpointSourceStatus>(watch);
        PublishedSnapshot published;
        try
        {
            published = await watch.WaitForFirstAnswerAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (ConsulException)
        {
            // Who looks at the tokens of a failed attempt learns of the answer as it comes, and not with the next attempt.
            endpoints.AddChangeToken(watch.FirstAnswer);
            throw;
        }

        endpoints.AddChangeToken(published.Replaced.Token);
        var acceptsUnhealthy = endpoints.Features.Get<IUnhealthyEndpointsAccepted>() is not null;
        foreach (var instance in published.Snapshot.Instances)
        {
            if ((acceptsUnhealthy || instance.Metadata.Healthy) && mapping.Map(instance) is { } endpoint)
            {
                endpoint.Features.Set<IServiceEndpointProvider>(this);
                endpoints.Endpoints.Add(endpoint);
            }
        }
    }

    public ValueTask DisposeAsync()
    {
        lock (_lock)
        {
            _disposed = true;
            _handle?.Dispose();
        }

        return ValueTask.CompletedTask;
    }

    public override string ToString() => "Consul";

    // Only when it is needed: a service with configured endpoints costs Consul nothing.
    private ServiceWatch Join()
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            return (_handle ??= registry.Acquire(query)).Watch;
        }
    }
}
