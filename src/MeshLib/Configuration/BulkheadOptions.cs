namespace MeshLib;

/// <summary>How many calls to a service may run at once in this process; a part of <see cref="MeshPolicy"/> that all clients of a service share.</summary>
public sealed class BulkheadOptions
{
    /// <summary>The calls that may run at once.</summary>
    /// <value>Default 256; from 1 to 1000000.</value>
    public int? MaxConcurrency { get; set; }

    /// <summary>The streams (bodies that outlive their headers by more than a second, gRPC streams, upgrades) that may be open at once, counted apart from calls.</summary>
    /// <value>Default 1024; from 1 to 1000000.</value>
    public int? MaxStreams { get; set; }

    /// <summary>The calls that may wait for a place; the next one is rejected.</summary>
    /// <value>Default 0; from 0 to 1000000.</value>
    public int? MaxQueue { get; set; }
}
