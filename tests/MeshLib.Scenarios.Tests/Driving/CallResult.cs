using System.Net;

namespace MeshLib.Scenarios.Tests;

/// <summary>How one call ended for its caller, its body included.</summary>
internal sealed record CallResult
{
    public required string Id { get; init; }

    public required TimeSpan Elapsed { get; init; }

    public required MeshCallReport? Report { get; init; }

    public HttpStatusCode? Status { get; init; }

    public string? Body { get; init; }

    public Exception? Error { get; init; }

    /// <summary>Whether the caller gave up.</summary>
    public bool CancelledByCaller { get; init; }

    /// <summary>Whether the answer had begun when <see cref="Error"/> came.</summary>
    public bool BrokeInBody { get; init; }

    /// <summary>A right answer: what goodput counts.</summary>
    public bool Succeeded => Status == HttpStatusCode.OK;

    /// <summary>The attempts that the mesh says it made.</summary>
    public int Attempts => Report?.Attempts.Count ?? 0;

    public int AttemptsTo(Uri endpoint) => Report?.Attempts.Count(attempt => attempt.Endpoint == endpoint) ?? 0;

    public override string ToString() => $"{Id}: {(Error is null ? Status.ToString() : Error.GetType().Name + " " + Error.Message)} after {Elapsed.TotalMilliseconds:0} ms [{string.Join(", ", Report?.Attempts ?? [])}]";
}
