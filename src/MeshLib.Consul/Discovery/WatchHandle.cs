namespace MeshLib.Consul;

/// <summary>One user's share in a watch. The watch ends some time after the last is disposed.</summary>
internal sealed class WatchHandle(ServiceWatch watch, Action release) : IDisposable
{
    private Action? _release = release;

    public ServiceWatch Watch => watch;

    public void Dispose() => Interlocked.Exchange(ref _release, null)?.Invoke();
}
