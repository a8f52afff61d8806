namespace MeshLib;

/// <summary>
/// How fresh a registry's answer is. A provider that keeps serving its last good list while the registry is away sets a live
/// instance as a feature of the builder: <c>builder.Features.Set&lt;IEndpointSourceStatus&gt;(…)</c>. Reading must be cheap and safe on any thread.
/// </summary>
public interface IEndpointSourceStatus
{
    /// <summary>The source's short name, such as <c>consul</c>.</summary>
    string Source { get; }

    /// <summary>For how long the list may have been out of date; <see cref="TimeSpan.Zero"/> while it is fresh.</summary>
    TimeSpan StaleFor { get; }

    /// <summary>Why the list is stale, or <see langword="null"/> while it is fresh. Holds no secret.</summary>
    string? Problem { get; }
}
