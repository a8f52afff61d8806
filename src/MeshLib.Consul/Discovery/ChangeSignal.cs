using Microsoft.Extensions.Primitives;

namespace MeshLib.Consul;

/// <summary>Fires once, to everyone who holds its token, and at once to those who come later.</summary>
#pragma warning disable CA1001 // A source without a timer holds nothing to dispose of, and disposing would race with those who still register.
internal sealed class ChangeSignal
#pragma warning restore CA1001
{
    private readonly CancellationTokenSource _fired = new();

    public IChangeToken Token => new CancellationChangeToken(_fired.Token);

    /// <summary>Runs everybody's callbacks, on another thread: one that blocks must not hold the watch up.</summary>
    public Task FireAsync() => _fired.CancelAsync();
}
