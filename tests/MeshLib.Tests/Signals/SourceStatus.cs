namespace MeshLib.Tests.Signals;

/// <summary>A registry that is as stale as the test says.</summary>
internal sealed class SourceStatus : IEndpointSourceStatus
{
    public string Source => "test";

    public TimeSpan StaleFor { get; set; }

    public string? Problem => StaleFor > TimeSpan.Zero ? "registry away" : null;
}
