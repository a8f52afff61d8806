using Microsoft.Extensions.ObjectPool;

namespace MeshLib;

/// <summary>
/// Everything that may cut a call off (its caller, its attempt timeout, its deadline, an idle body) behind the one token that the wire gets. It is pooled, because a
/// linked source and a timer per attempt are what makes timeouts dear; it goes back to the pool only when nothing can fire any more.
/// </summary>
#pragma warning disable CA1001 // The source is never given a timer nor linked to another, so there is nothing to dispose of.
internal sealed class CallLimit : IResettable
#pragma warning restore CA1001
{
    private readonly DeadlineSweep _sweep;
    private readonly CancellationTokenSource _source = new();
    private CancellationTokenRegistration _caller;
    private Due _due;
    private MeshCall? _call;
    private RetryRules? _retries;
    private BodyLease? _body;
    private int _cause;
    private volatile bool _armed;
    private volatile bool _spent;

    public CallLimit(DeadlineSweep sweep)
    {
        _sweep = sweep;
        _due = new Due(this);
    }

    public CancellationToken Token => _source.Token;

    public LimitCause Cause => (LimitCause)Volatile.Read(ref _cause);

    /// <summary>Whether it has fired, may be firing or guards a body: it serves no further attempt and no further call.</summary>
    public bool IsSpent => _spent || Cause != LimitCause.None;

    public void Begin(MeshCall call, RetryRules retries)
    {
        _call = call;
        _retries = retries;
        if (call.CallerToken.CanBeCanceled)
        {
            _caller = call.CallerToken.UnsafeRegister(static self => ((CallLimit)self!).Cancel(LimitCause.Caller), this);
        }
    }

    /// <summary>Starts the clock of an attempt.</summary>
    /// <param name="attemptDue">When to cut it off if another attempt may follow; <see cref="long.MaxValue"/> for never.</param>
    public void ArmAttempt(long attemptDue) => Arm(Math.Min(attemptDue, _call!.Deadline.DueAt));

    /// <summary>Stops the clock of an attempt that has ended.</summary>
    public void DisarmAttempt() => Disarm();

    /// <summary>From here on the limit guards a streamed body: the deadline, and the pauses between its bytes.</summary>
    public void GuardBody(BodyLease body, long firstLook)
    {
        // The caller's token is for the call, which ended with the headers: reads carry their own. Where the caller has none it is HttpClient's, which is cancelled when
        // the client is disposed, and the body outlives the client as it does without the mesh.
        _caller.Dispose();

        // Readers hold on to the token and may cancel it long after the call.
        _spent = true;
        _body = body;
        Arm(firstLook);
    }

    public void CancelByCaller() => Cancel(LimitCause.Caller);

    /// <summary>Ends the limit's work for the call. Returns whether it may be used again.</summary>
    public bool End()
    {
        Disarm();

        // Waits for a callback that is running on another thread, so that it cannot meet the next call.
        _caller.Dispose();
        return !IsSpent;
    }

    public bool TryReset()
    {
        _caller = default;
        _call = null;
        _retries = null;
        _body = null;
        return _source.TryReset();
    }

    private void OnDue(long now)
    {
        var next = _body is { } body ? LookAtBody(body, now) : LookAtAttempt(now);
        if (next == long.MaxValue)
        {
            return;
        }

        // The entry that has fired is used up. The owner may disarm at this very moment: it marks that before it looks for the entry, and we look at the mark after
        // adding the new one, so one of the two removes it.
        _spent = true;
        _due = new Due(this);
        _sweep.Add(_due, next);
        if (!_armed)
        {
            _sweep.Remove(_due);
        }
    }

    private long LookAtBody(BodyLease body, long now)
    {
        var (cause, next) = body.Inspect(now);
        if (cause != LimitCause.None)
        {
            Cancel(cause);
            if (cause == LimitCause.Deadline)
            {
                // Perhaps nobody reads the body any more, nor ever disposes it.
                body.End(OutcomeReason.DeadlineExceeded);
            }
        }

        return next;
    }

    private long LookAtAttempt(long now)
    {
        var deadline = _call!.Deadline;
        if (now >= deadline.DueAt)
        {
            Cancel(deadline.Reason == OutcomeReason.DeadlineExceeded ? LimitCause.Deadline : LimitCause.CallTimeout);
            return long.MaxValue;
        }

        // Cutting an attempt off is only worth while when another may follow: the retry is paid for here, or the attempt goes on.
        if (_retries!.TryPrepay(_call, now))
        {
            if (!Cancel(LimitCause.AttemptTimeout))
            {
                // The attempt has ended meanwhile, or its caller has left.
                _call.Set.Service.Budget.Refund();
            }

            return long.MaxValue;
        }

        return deadline.DueAt;
    }

    private void Arm(long due)
    {
        if (due != long.MaxValue)
        {
            _armed = true;
            _sweep.Add(_due, due);
        }
    }

    private void Disarm()
    {
        if (_armed)
        {
            _armed = false;
            Interlocked.MemoryBarrier();

            if (!_sweep.Remove(_due))
            {
                EndSpent();
            }
        }
    }

    // The entry has fired, or is firing at this moment: what it guarded is over, and whoever has not cut it off by now no longer may.
    private void EndSpent()
    {
        _spent = true;
        var cause = (LimitCause)Interlocked.CompareExchange(ref _cause, (int)LimitCause.Over, (int)LimitCause.None);
        if (cause == LimitCause.AttemptTimeout && _call!.Outcome.Reason != OutcomeReason.AttemptTimeout)
        {
            // Cut off, and for a paid retry, but ended by itself at the very same moment.
            _call.Set.Service.Budget.Refund();
        }
    }

    private bool Cancel(LimitCause cause)
    {
        if (Interlocked.CompareExchange(ref _cause, (int)cause, (int)LimitCause.None) != (int)LimitCause.None)
        {
            return false;
        }

        _sweep.Cancel(_source);
        return true;
    }

    private sealed class Due(CallLimit limit) : SweepEntry
    {
        protected internal override void OnDue(long now) => limit.OnDue(now);
    }
}
