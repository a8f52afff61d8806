using Microsoft.Extensions.Primitives;

namespace MeshLib.Consul;

/// <summary>A snapshot and the token that fires when there is a newer one: read together, so that no change falls between them.</summary>
#pragma warning disable CA1001 // A source without a timer holds nothing to dispose of, and disposing would race with those who still register.
internal sealed class PublishedSnapshot(ServiceSnapshot snapshot)
#pragma warning restore CA1001
{
    private readonly CancellationTokenSource _replaced = new();

    public ServiceSnapshot Snapshot => snapshot;

    public IChangeToken ChangeToken => new CancellationChangeToken(_replaced.Token);

    /// <summary>Runs everybody's callbacks, on another thread: one that blocks must not hold the watch up.</summary>
    public Task ReplaceAsync() => _replaced.CancelAsync();
}
