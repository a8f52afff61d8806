namespace MeshLib;

/// <summary>
/// When a call has to end: its own timeout, which covers headers and buffered reads, and a deadline set or inherited, which covers the streamed body too.
/// Both are timestamps; <see cref="long.MaxValue"/> is never.
/// </summary>
internal readonly record struct CallDeadline(long Timeout, long Deadline)
{
    public static CallDeadline None { get; } = new(long.MaxValue, long.MaxValue);

    public long DueAt => Math.Min(Timeout, Deadline);

    /// <summary>What to call it when the time is up.</summary>
    public OutcomeReason Reason => Deadline <= Timeout ? OutcomeReason.DeadlineExceeded : OutcomeReason.Timeout;
}
