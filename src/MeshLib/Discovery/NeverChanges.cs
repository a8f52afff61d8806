using Microsoft.Extensions.Primitives;

namespace MeshLib;

/// <summary>The token of a list that is fixed: it tells the watch that polling is pointless.</summary>
internal sealed class NeverChanges : IChangeToken, IDisposable
{
    public static NeverChanges Token { get; } = new();

    public bool ActiveChangeCallbacks => true;

    public bool HasChanged => false;

    public IDisposable RegisterChangeCallback(Action<object?> callback, object? state) => this;

    public void Dispose()
    {
    }
}
