using Microsoft.Extensions.ServiceDiscovery;

namespace MeshLib.TestKit;

internal sealed class ManualEndpointProvider(ManualService service, Func<bool> pushesChanges, Action onDisposed) : IServiceEndpointProvider
{
    private int _disposed;

    public ValueTask PopulateAsync(IServiceEndpointBuilder endpoints, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(Volatile.Read(ref _disposed) != 0, this);
        return service.PopulateAsync(endpoints, pushesChanges(), cancellationToken);
    }

    public ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
        {
            onDisposed();
        }

        return ValueTask.CompletedTask;
    }
}
