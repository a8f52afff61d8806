namespace MeshLib;

/// <summary>
/// Bounds the calls a service has under way, and apart from them the streams. Entering and leaving are lock-free; only callers that must queue take a lock,
/// and they are served in order of arrival.
/// <para>
/// A waiter leaves the queue by a permit, by its token, or by its deadline. The deadline is looked at when the waiter's turn comes and when <see cref="ExpireWaiters"/> is called:
/// the owner's sweep over deadlines does that, so the queue has no timer.
/// </para>
/// </summary>
/// <param name="settings">The limits in force at first.</param>
/// <param name="clock">What deadlines are timestamps of.</param>
/// <param name="background">Where callers who have waited go on; the thread pool unless told otherwise.</param>
internal sealed class Bulkhead(BulkheadSettings settings, MonotonicClock clock, TaskScheduler? background = null)
{
    private readonly Lock _gate = new();
    private readonly LinkedList<Waiter> _queue = [];
    private BulkheadSettings _settings = settings;
    private int _inUse;
    private int _queued;
    private int _streams;

    /// <summary>Calls under way. After shrinking it stays above the limit until enough of them have ended.</summary>
    public int InUse => Volatile.Read(ref _inUse);

    /// <summary>Callers waiting.</summary>
    public int Queued => Volatile.Read(ref _queued);

    /// <summary>Calls that have become streams; not part of <see cref="InUse"/>.</summary>
    public int Streams => Volatile.Read(ref _streams);

    private BulkheadSettings Settings => Volatile.Read(ref _settings);

    /// <summary>Enters if a permit is free and nobody waits for it. Pair with <see cref="Exit"/>, or <see cref="TryBecomeStream"/> and <see cref="ExitStream"/>.</summary>
    public bool TryEnter() => Queued == 0 && TryTake(ref _inUse, Settings.MaxConcurrency);

    /// <summary>Enters, waiting in line if there is room in the queue.</summary>
    /// <param name="deadline">The timestamp after which the caller has no use for a permit; <see cref="long.MaxValue"/> for none.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>Whether a permit was taken; <see langword="false"/> when the queue is full or the deadline passed.</returns>
    /// <exception cref="OperationCanceledException">The token was cancelled while waiting; it carries that token, and no permit was taken.</exception>
    public ValueTask<bool> EnterAsync(long deadline, CancellationToken cancellationToken)
    {
        if (TryEnter())
        {
            return new ValueTask<bool>(true);
        }

        return Settings.MaxQueue == 0 ? new ValueTask<bool>(false) : new ValueTask<bool>(WaitAsync(deadline, cancellationToken));
    }

    /// <summary>Gives a call's permit back, to the first waiter if there is one.</summary>
    public void Exit()
    {
        Interlocked.Decrement(ref _inUse);
        Serve();
    }

    /// <summary>Moves a call's permit from the calls to the streams, if the streams have room; otherwise the call keeps its permit.</summary>
    public bool TryBecomeStream()
    {
        if (!TryTake(ref _streams, Settings.MaxStreams))
        {
            return false;
        }

        Exit();
        return true;
    }

    /// <summary>Ends a stream.</summary>
    public void ExitStream() => Interlocked.Decrement(ref _streams);

    /// <summary>Puts other limits in force. Nobody is thrown out: after shrinking, newcomers wait for the surplus to drain; after growing, waiters are served at once.</summary>
    public void Apply(BulkheadSettings settings)
    {
        Volatile.Write(ref _settings, settings);

        // The fence orders this write before Serve's read of the queue, against a caller who queues because of the old limit; see WaitAsync.
        Interlocked.MemoryBarrier();
        Serve();
    }

    /// <summary>Sends waiters away whose deadline is not after <paramref name="now"/>.</summary>
    public void ExpireWaiters(long now)
    {
        if (Queued == 0)
        {
            return;
        }

        lock (_gate)
        {
            for (var node = _queue.First; node is not null;)
            {
                var following = node.Next;
                if (node.Value.Deadline <= now)
                {
                    Remove_NeedsLock(node);
                    Release(node.Value, admitted: false);
                }

                node = following;
            }
        }
    }

    /// <summary>Check and add in one step, so that a crowd cannot pass the limit together.</summary>
    private static bool TryTake(ref int counter, int limit)
    {
        while (true)
        {
            var seen = Volatile.Read(ref counter);
            if (seen >= limit)
            {
                return false;
            }

            if (Interlocked.CompareExchange(ref counter, seen + 1, seen) == seen)
            {
                return true;
            }
        }
    }

    private async Task<bool> WaitAsync(long deadline, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var node = new LinkedListNode<Waiter>(new Waiter(deadline));
        lock (_gate)
        {
            if (_queued >= Settings.MaxQueue)
            {
                return false;
            }

            _queue.AddLast(node);

            // A full fence between joining the queue and looking for a permit (in Serve), as Exit has one between freeing a permit and looking at the queue:
            // one of the two sees the other, so no waiter is left with a permit free.
            Interlocked.Increment(ref _queued);
        }

        Serve();
        using var registration = cancellationToken.UnsafeRegister(static (state, token) => ((Action<CancellationToken>)state!)(token), (Action<CancellationToken>)Abandon);
        return await node.Value.Task.ConfigureAwait(false);

        void Abandon(CancellationToken token)
        {
            lock (_gate)
            {
                // Whoever takes the node out of the queue decides; a waiter that already has its permit keeps it.
                if (node.List is null)
                {
                    return;
                }

                Remove_NeedsLock(node);
            }

            Elsewhere(() => node.Value.TrySetCanceled(token));
        }
    }

    private void Serve()
    {
        if (Queued == 0)
        {
            return;
        }

        lock (_gate)
        {
            var now = clock.Now();
            while (_queue.First is { } first)
            {
                var expired = first.Value.Deadline <= now;
                if (!expired && !TryTake(ref _inUse, Settings.MaxConcurrency))
                {
                    return;
                }

                Remove_NeedsLock(first);
                Release(first.Value, admitted: !expired);
            }
        }
    }

    /// <summary>Lets a waiter go on.</summary>
    private void Release(Waiter waiter, bool admitted) => Elsewhere(() => waiter.TrySetResult(admitted));

    /// <summary>Whoever serves a waiter holds the lock, and whoever cancels one has other things to do.</summary>
    private void Elsewhere(Action work) => (background ?? TaskScheduler.Default).Run(work);

    private void Remove_NeedsLock(LinkedListNode<Waiter> node)
    {
        _queue.Remove(node);
        Interlocked.Decrement(ref _queued);
    }

    private sealed class Waiter(long deadline) : TaskCompletionSource<bool>
    {
        public long Deadline => deadline;
    }
}
