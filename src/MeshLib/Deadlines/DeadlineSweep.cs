using System.Runtime.InteropServices;

namespace MeshLib;

/// <summary>
/// One coarse timer for all the calls of a process. Arming and removing an entry is one compare-exchange on the entry itself; a sweep over all entries, when the
/// earliest is due, fires what has come due. A timer per call would queue every call of the process behind the runtime's timer locks.
/// </summary>
/// <remarks>
/// <para>An entry never fires early, and at most about 15 ms late. No timer runs while there is nothing to wait for.</para>
/// <para>
/// Entries are pushed onto a chain by processor when the sweep does not know them yet, and only a sweep takes them off again. A removed entry stays known, and reachable, until
/// the next sweep (a second at most), so one that is reused before costs no push: pool entries, rather than make one for each call. Safe for use by many threads at once.
/// </para>
/// </remarks>
internal sealed class DeadlineSweep : IDisposable
{
    // With few entries a sweep is cheaper than the wake-up of its thread, and may follow the due times to the millisecond, which is as fine as timers are.
    // With many, the span between two sweeps bounds their cost to about 1 % of a processor (10 000 entries at a few ns each).
    private const int FewEntries = 1024;
    private static readonly TimeSpan ShortestSpan = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan SpanForMany = TimeSpan.FromMilliseconds(10);

    // Removed entries that nobody reuses are let go of within this time.
    private static readonly TimeSpan LongestSpan = TimeSpan.FromSeconds(1);

    private const int MaxStripes = 16;

    // An entry's state where it is not a due time: not known to the sweep; known but disarmed, which the next sweep will notice; fired or firing, which is final.
    private const long Detached = 0;
    private const long Parked = -1;
    private const long Fired = -2;

    private readonly MonotonicClock _clock;
    private readonly Action<Exception>? _onFault;
    private readonly TaskScheduler _background;
    private readonly ITimer _timer;
    private readonly Stripe[] _arrivals;
    private readonly long _spanForMany;
    private readonly long _longestSpan;

    // Sweeps and disposal only, never a caller of Add, Remove or Rearm.
    private readonly Lock _sweeping = new();
    private readonly List<SweepEntry> _known = [];
    private bool _disposed;

    // When the timer will next run a sweep; long.MaxValue while none is planned.
    private long _planned = long.MaxValue;

    // Before this no sweep is planned.
    private long _notBefore;

    /// <param name="clock">The clock that due times are timestamps of.</param>
    /// <param name="onFault">Told of an exception that an entry threw.</param>
    /// <param name="background">Where tokens are cancelled; the thread pool unless told otherwise.</param>
    /// <param name="processors">How many processors arm entries at once; the machine's unless told otherwise.</param>
    public DeadlineSweep(MonotonicClock clock, Action<Exception>? onFault = null, TaskScheduler? background = null, int? processors = null)
    {
        _clock = clock;
        _onFault = onFault;
        _background = background ?? TaskScheduler.Default;
        _spanForMany = clock.After(0, SpanForMany);
        _longestSpan = clock.After(0, LongestSpan);
        var stripes = Math.Min(MaxStripes, processors ?? Environment.ProcessorCount);
        _arrivals = new Stripe[System.Numerics.BitOperations.RoundUpToPowerOf2((uint)stripes)];

        // The timer serves all callers and must not carry the first one's execution context, nor keep it alive.
        using (ExecutionContext.SuppressFlow())
        {
            _timer = clock.TimeProvider.CreateTimer(static sweep => ((DeadlineSweep)sweep!).Sweep(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>Arms <paramref name="entry"/>, which is new or has been removed. <see cref="SweepEntry.OnDue"/> is called unless it is removed before <paramref name="dueAt"/>.</summary>
    /// <param name="entry">The entry.</param>
    /// <param name="dueAt">A timestamp of the sweep's clock; <see cref="long.MaxValue"/> is never.</param>
    /// <exception cref="InvalidOperationException">The entry is armed, or has fired.</exception>
    public void Add(SweepEntry entry, long dueAt)
    {
        var due = Armed(dueAt);
        if (Interlocked.CompareExchange(ref entry.State, due, Parked) is var state && state != Parked)
        {
            Introduce(entry, due, state);
        }

        // Either the sweep that runs now sees the entry, or its plan is not made yet and we see that: it forgets the old plan before it looks at the entries,
        // we arm the entry before we look at the plan, and both are full fences.
        if (due < Volatile.Read(ref _planned))
        {
            Plan(due);
        }
    }

    /// <summary>Disarms <paramref name="entry"/>. False when it has fired, is firing, or is not armed: it must not be used again then.</summary>
#pragma warning disable CA1822 // An entry is removed from the sweep that it was added to, though only the entry remembers.
    public bool Remove(SweepEntry entry)
#pragma warning restore CA1822
    {
        var state = Volatile.Read(ref entry.State);
        return state > 0 && Interlocked.CompareExchange(ref entry.State, Parked, state) == state;
    }

    /// <summary>Moves the due time of <paramref name="entry"/>. False when it has fired, is firing, or is not armed.</summary>
    public bool Rearm(SweepEntry entry, long dueAt)
    {
        var due = Armed(dueAt);
        var state = Volatile.Read(ref entry.State);
        if (state <= 0 || Interlocked.CompareExchange(ref entry.State, due, state) != state)
        {
            return false;
        }

        if (due < Volatile.Read(ref _planned))
        {
            Plan(due);
        }

        return true;
    }

    /// <summary>
    /// Cancels off this thread: a token's callbacks are foreign code (they close connections, they may block), and neither other entries nor a caller's Cancel() should wait
    /// for them. What they throw is reported as an entry's fault is.
    /// </summary>
    public void Cancel(CancellationTokenSource source)
    {
        var cancelling = _background.Cancel(source);
        if (!cancelling.IsCompletedSuccessfully)
        {
            _ = ReportAsync(cancelling);
        }
    }

    /// <summary>Stops the timer. Nothing fires any more; what is armed can still be removed.</summary>
    public void Dispose()
    {
        lock (_sweeping)
        {
            _disposed = true;
            _known.Clear();
        }

        _timer.Dispose();
    }

    // Timestamps at or below zero would read as states. Nothing is lost: a clock that stands there has only just begun.
    private static long Armed(long dueAt) => Math.Max(1, dueAt);

    private void Introduce(SweepEntry entry, long due, long state)
    {
        if (state != Detached)
        {
            throw new InvalidOperationException(state == Fired ? "An entry that has fired cannot be added again." : "The entry is armed already.");
        }

        // Detached: no chain holds the entry, so nobody races these writes; the exchange below publishes them.
        entry.State = due;
        ref var newest = ref _arrivals[Thread.GetCurrentProcessorId() & (_arrivals.Length - 1)].Newest;
        var head = Volatile.Read(ref newest);
        while (true)
        {
            entry.Next = head;
            var seen = Interlocked.CompareExchange(ref newest, entry, head);
            if (ReferenceEquals(seen, head))
            {
                return;
            }

            head = seen;
        }
    }

    /// <summary>Sees to it that a sweep runs no later than at <paramref name="at"/>.</summary>
    private void Plan(long at)
    {
        var now = _clock.Now();
        at = Math.Max(Math.Min(at, now + _longestSpan), Volatile.Read(ref _notBefore));
        var planned = Volatile.Read(ref _planned);
        while (at < planned)
        {
            var seen = Interlocked.CompareExchange(ref _planned, at, planned);
            if (seen == planned)
            {
                SetTimer(at, now);
                return;
            }

            planned = seen;
        }
    }

    private void SetTimer(long at, long now)
    {
        while (true)
        {
            // Whole milliseconds, rounded up: timers truncate, and one that comes early finds nothing due.
            var milliseconds = Math.Ceiling(_clock.Between(now, at).TotalMilliseconds);
            _timer.Change(TimeSpan.FromMilliseconds(Math.Max(ShortestSpan.TotalMilliseconds, milliseconds)), Timeout.InfiniteTimeSpan);

            // Two threads that plan at once may reach the timer in the wrong order. Whoever sees the other's plan sets the timer again.
            var planned = Volatile.Read(ref _planned);
            if (planned == at || planned == long.MaxValue)
            {
                return;
            }

            (at, now) = (planned, _clock.Now());
        }
    }

    private void Sweep()
    {
        SweepEntry? due;
        long now;
        lock (_sweeping)
        {
            if (_disposed)
            {
                return;
            }

            // Before any entry is looked at; see Add.
            Interlocked.Exchange(ref _planned, long.MaxValue);
            now = _clock.Now();
            TakeArrivals();
            due = TakeDue(now, out var earliest);
            Volatile.Write(ref _notBefore, _known.Count > FewEntries ? now + _spanForMany : 0);
            if (_known.Count > 0)
            {
                Plan(earliest);
            }
        }

        // Outside of the lock: another sweep may run while an entry takes its time.
        while (due is not null)
        {
            var entry = due;
            due = entry.Next;
            entry.Next = null;
            Fire(entry, now);
        }
    }

    private void TakeArrivals()
    {
        for (var i = 0; i < _arrivals.Length; i++)
        {
            var entry = Interlocked.Exchange(ref _arrivals[i].Newest, null);
            while (entry is not null)
            {
                _known.Add(entry);
                var older = entry.Next;
                entry.Next = null;
                entry = older;
            }
        }
    }

    /// <summary>Keeps the armed entries, lets go of the parked ones, and returns the chain of those that are due, which are marked as fired.</summary>
    private SweepEntry? TakeDue(long now, out long earliest)
    {
        SweepEntry? due = null;
        earliest = long.MaxValue;
        var kept = 0;
        var known = CollectionsMarshal.AsSpan(_known);
        foreach (var entry in known)
        {
            switch (Judge(entry, now))
            {
                case Fired:
                    entry.Next = due;
                    due = entry;
                    break;
                case Detached:
                    break;
                case var dueAt:
                    earliest = Math.Min(earliest, dueAt);
                    known[kept++] = entry;
                    break;
            }
        }

        _known.RemoveRange(kept, _known.Count - kept);
        return due;
    }

    private static long Judge(SweepEntry entry, long now)
    {
        while (true)
        {
            var state = Volatile.Read(ref entry.State);
            if (state > now)
            {
                return state;
            }

            // Its owner may remove, re-arm or add the entry at this moment; whoever exchanges first decides, and the other looks again.
            var next = state == Parked ? Detached : Fired;
            if (Interlocked.CompareExchange(ref entry.State, next, state) == state)
            {
                return next;
            }
        }
    }

    private async Task ReportAsync(Task cancelling)
    {
        try
        {
            await cancelling.ConfigureAwait(false);
        }
#pragma warning disable CA1031 // As below.
        catch (Exception fault)
#pragma warning restore CA1031
        {
            _onFault?.Invoke(fault);
        }
    }

    private void Fire(SweepEntry entry, long now)
    {
        try
        {
            entry.OnDue(now);
        }
#pragma warning disable CA1031 // One entry's fault must not keep the others from firing, nor end the process from a timer.
        catch (Exception fault)
#pragma warning restore CA1031
        {
            _onFault?.Invoke(fault);
        }
    }

    // A cache line and its neighbour, which the prefetcher fetches along, for each processor's chain.
    [StructLayout(LayoutKind.Explicit, Size = 128)]
    private struct Stripe
    {
        [FieldOffset(0)]
        public SweepEntry? Newest;
    }
}
