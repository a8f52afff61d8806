namespace MeshLib.Consul.Tests;

/// <summary>A server that listens when the test says so.</summary>
internal sealed class ManualListenAddress : IMeshListenAddress
{
    private readonly TaskCompletionSource _asked = new();
    private readonly TaskCompletionSource<IReadOnlyList<Uri>> _listening = new();

    /// <summary>Completes when somebody waits for the server.</summary>
    public Task Asked => _asked.Task;

    public void Set(params string[] addresses) => _listening.SetResult([.. addresses.Select(static text => new Uri(text))]);

    public Task<IReadOnlyList<Uri>> WaitAsync(CancellationToken cancellationToken)
    {
        _asked.TrySetResult();
        return _listening.Task.WaitAsync(cancellationToken);
    }
}
