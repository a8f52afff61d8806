using Microsoft.Extensions.ObjectPool;

namespace MeshLib;

/// <summary>
/// Everything that may cut a call off (its caller, its attempt timeout, its deadline, an idle body) behind the one token that the wire gets. It is pooled, because a
/// linked source and a timer per attempt are what makes timeouts dear; it goes back to the pool only when nothing can fire any more.
/// </summary>
internal sealed class CallLimit(DeadlineSweep sweep) : SweepEntry, IResettable
{
    private readonly CancellationTokenSource _source = new();
    private CancellationTokenRegistration _caller;
    private MeshCall? _call;
    private RetryRules? _retries;
    private BodyLease? _body;
    private long _attemptDue;
    private int _cause;
    private bool _armed;
    private bool _spent;

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
    public void ArmAttempt(long attemptDue)
    {
        _attemptDue = attemptDue;
        Arm(Math.Min(attemptDue, _call!.Deadline.DueAt));
    }

    /// <summary>Stops the clock of an attempt that has ended.</summary>
    public void DisarmAttempt() => Disarm();

    /// <summary>From here on the limit guards a streamed body: the deadline, and the caller's pauses between bytes.</summary>
    public void GuardBody(BodyLease body, long firstLook)
    {
        Disarm();

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

    protected internal override long OnDue(long now)
    {
        if (_body is { } body)
        {
            var (cause, next) = body.Inspect(now);
            if (cause != LimitCause.None)
            {
                Cancel(cause);
            }

            return next;
        }

        var deadline = _call!.Deadline;
        if (now >= deadline.DueAt)
        {
            Cancel(deadline.Reason == OutcomeReason.DeadlineExceeded ? LimitCause.Deadline : LimitCause.CallTimeout);
            return long.MaxValue;
        }

        if (now >= _attemptDue)
        {
            // Cutting an attempt off is only worth while when another may follow: the retry is paid for here, or the attempt goes on.
            _attemptDue = long.MaxValue;
            if (_retries!.TryPrepay(_call, now))
            {
                Cancel(LimitCause.AttemptTimeout);
                return long.MaxValue;
            }
        }

        return Math.Min(_attemptDue, deadline.DueAt);
    }

    private void Arm(long due)
    {
        if (due != long.MaxValue)
        {
            _armed = true;
            sweep.Add(this, due);
        }
    }

    private void Disarm()
    {
        if (_armed)
        {
            _armed = false;

            // An entry that is firing at this moment may still cancel.
            _spent |= !sweep.Remove(this);
        }
    }

    private void Cancel(LimitCause cause)
    {
        if (Interlocked.CompareExchange(ref _cause, (int)cause, (int)LimitCause.None) == (int)LimitCause.None)
        {
            // Off this thread: the callbacks close connections, and neither the sweep nor a caller's Cancel() should wait for that.
            _ = _source.CancelAsync();
        }
    }
}
