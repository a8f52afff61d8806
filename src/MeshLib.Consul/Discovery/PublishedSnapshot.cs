namespace MeshLib.Consul;

/// <summary>A snapshot and the signal that fires when there is a newer one: read together, so that no change falls between them.</summary>
internal sealed record PublishedSnapshot(ServiceSnapshot Snapshot)
{
    public ChangeSignal Replaced { get; } = new();
}
