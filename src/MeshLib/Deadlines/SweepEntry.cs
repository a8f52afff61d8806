namespace MeshLib;

/// <summary>
/// Something that is due at a moment unless it is removed before. An entry belongs to one <see cref="DeadlineSweep"/> for life and to one owner at a time: the
/// owner's calls do not overlap, only the sweep races them. Once removed it may be added again (pooled); once fired, never.
/// </summary>
internal abstract class SweepEntry
{
    /// <summary>
    /// The timestamp at which the armed entry is due, or one of the sweep's names for an entry that is not armed. State and due time share one word, so that the compare-exchange that fires an
    /// entry can only succeed against the very due time that it judged: an entry removed and armed anew in between is not mistaken for the old one.
    /// </summary>
    internal long State;

    /// <summary>Links the entry into one chain of the sweep at a time: the newcomers, or those about to fire.</summary>
    internal SweepEntry? Next;

    /// <summary>
    /// Called once, when the entry is due and was not removed, on a thread of the pool that other due entries wait for: be brief, and never block.
    /// No lock is held. An exception is reported and does not keep other entries from firing.
    /// </summary>
    /// <param name="now">The timestamp of the sweep that found the entry due.</param>
    protected internal abstract void OnDue(long now);
}
