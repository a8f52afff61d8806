namespace MeshLib;

/// <summary>Why a call went as it did.</summary>
/// <param name="Service">The service that was called.</param>
/// <param name="Reason">How the last attempt ended, or why there was none.</param>
/// <param name="Attempts">Every attempt in order; empty when the call was refused before any.</param>
public sealed record MeshCallReport(string Service, OutcomeReason Reason, IReadOnlyList<MeshAttempt> Attempts)
{
    /// <summary>The endpoint of the last attempt, or <see langword="null"/> when there was none.</summary>
    public Uri? Endpoint => Attempts.Count == 0 ? null : Attempts[^1].Endpoint;

    /// <summary>One line for a log: <c>orders: Ok (http://10.0.0.1/ Unavailable, http://10.0.0.2/ Ok)</c>.</summary>
    public override string ToString() => $"{Service}: {Reason} ({string.Join(", ", Attempts.Select(static attempt => $"{attempt.Endpoint} {attempt.Reason}"))})";
}

/// <summary>One attempt of a call.</summary>
/// <param name="Endpoint">Where it went.</param>
/// <param name="Reason">How it ended.</param>
public readonly record struct MeshAttempt(Uri Endpoint, OutcomeReason Reason);
