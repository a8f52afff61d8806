namespace MeshLib;

/// <summary>What every <see cref="MeshException"/> tells.</summary>
internal readonly record struct MeshFailure(string Service, OutcomeReason Reason, int Attempts = 0, Uri? Endpoint = null, TimeSpan? RetryAfter = null);
