namespace MeshLib;

/// <summary>
/// What a streamed body holds of its call after the headers: the endpoint's in-flight count, the bulkhead permit, the limit, and the verdict, which is final when the
/// body has been read to its end, disposed or cut off. Ends exactly once, by whoever comes first.
/// </summary>
internal sealed class BodyLease
{
    /// <summary>A body that outlives its headers by this much is a stream: it counts against MaxStreams and gives its place among the calls back.</summary>
    internal static readonly TimeSpan StreamAfter = TimeSpan.FromSeconds(1);

    private readonly AttemptRunner _attempts;
    private readonly CallClock _time;
    private readonly MonotonicClock _clock;
    private readonly MeshCall _call;
    private readonly EndpointTicket _ticket;
    private readonly OutcomeReason _headers;
    private readonly double _elapsed;
    private readonly long _streamAt;
    private readonly long _firstLook;
    private readonly TimeSpan _readIdle;
    private long _readStarted;
    private int _settled;
    private int _state;
    private bool _ownsCall;

    public BodyLease(AttemptRunner attempts, CallClock time, MeshCall call, EndpointTicket ticket, AttemptOutcome outcome, double elapsed, long now, bool idleLimit)
    {
        _attempts = attempts;
        _time = time;
        _clock = time.Clock;
        _call = call;
        _ticket = ticket;
        _state = call.HoldsPermit ? State.Call : State.Unbounded;
        _headers = outcome.Reason;
        _elapsed = elapsed;
        _streamAt = _clock.After(now, StreamAfter);
        _readIdle = idleLimit ? call.Policy.Policy.ReadIdleTimeout : Timeout.InfiniteTimeSpan;
        _firstLook = Math.Min(Math.Min(_streamAt, call.Deadline.Deadline), idleLimit ? _clock.After(now, _readIdle) : long.MaxValue);

        // A failure is known now, and the breaker must not wait for someone to read its body.
        if (outcome.Verdict != Verdict.Success)
        {
            Settle(outcome.Reason, outcome.RetryAfter);
        }
    }

    public CallLimit Limit => _call.Limit!;

    /// <summary>The response goes to the caller: what the call holds is the body's from now on. A discarded response never comes here and ends only what its attempt began.</summary>
    public void Adopt()
    {
        _ownsCall = true;
        _attempts.BodyLimit(_call).GuardBody(this, _firstLook);
    }

    public void ReadBegins() => Volatile.Write(ref _readStarted, _clock.Now());

    public void ReadEnds() => Volatile.Write(ref _readStarted, 0);

    /// <summary>What the sweep finds: whether the body is to be cut off, and when to look again.</summary>
    public (LimitCause Cause, long Next) Inspect(long now)
    {
        if (Volatile.Read(ref _state) == State.Ended)
        {
            return (LimitCause.None, long.MaxValue);
        }

        if (now >= _call.Deadline.Deadline)
        {
            return (LimitCause.Deadline, long.MaxValue);
        }

        if (now >= _streamAt)
        {
            // That it streams at all is evidence enough; a stream may live for hours.
            Settle(_headers, TimeSpan.Zero);
            BecomeStream();
        }

        var next = _call.Deadline.Deadline;
        if (_readIdle != Timeout.InfiniteTimeSpan)
        {
            // Only a pending read is idle: a slow reader is no slow endpoint.
            var reading = Volatile.Read(ref _readStarted);
            var idleAt = _clock.After(reading == 0 ? now : reading, _readIdle);
            if (now >= idleAt)
            {
                return (LimitCause.ReadIdle, long.MaxValue);
            }

            next = Math.Min(next, idleAt);
        }

        return (LimitCause.None, now < _streamAt ? Math.Min(next, _streamAt) : next);
    }

    /// <summary>The body was read to its end: the trailers are there now, and with them the status of a gRPC call.</summary>
    public void EndWhole(HttpResponseMessage response)
    {
        if (!_call.Grpc)
        {
            End(null);
            return;
        }

        // Where gRPC's servers put their load report, too.
        var now = _clock.Now();
        if (_ticket.Endpoint.IsReportDue(now))
        {
            _ticket.Endpoint.Observe(LoadReportReader.Read(response.TrailingHeaders), now);
        }

        End(OutcomeClassifier.GrpcReason(GrpcStatus.FromTrailers(response) ?? GrpcStatus.FromHeaders(response), _time.IsSpent(_call)));
    }

    /// <summary>The body is over. Later calls do nothing.</summary>
    /// <param name="reason">How it ended; <see langword="null"/> when it was given up before its end, which says no more than its headers did.</param>
    public void End(OutcomeReason? reason)
    {
        var state = Interlocked.Exchange(ref _state, State.Ended);
        if (state == State.Ended)
        {
            return;
        }

        Settle(reason ?? _headers, TimeSpan.Zero);
        _ticket.Endpoint.Load.End();
        if (_ownsCall)
        {
            _call.Outcome = AttemptOutcome.Remembered(reason ?? _headers);
            ExitBulkhead(state);
            _attempts.Release(_call);
        }
    }

    /// <summary>The exception that a reader gets for a body that was cut off by a limit.</summary>
    public Exception Explain(Exception error, CancellationToken readToken) => Limit.Cause switch
    {
        LimitCause.Caller when readToken.IsCancellationRequested => new OperationCanceledException(error.Message, error, readToken),
        LimitCause.Caller => new OperationCanceledException(error.Message, error, _call.CallerToken),
        LimitCause.Deadline => Limited(OutcomeReason.DeadlineExceeded, _clock.Between(_call.Started, _call.Deadline.Deadline), error),
        LimitCause.ReadIdle => Limited(OutcomeReason.ReadIdleTimeout, _readIdle, error),
        _ => error,
    };

    // While the permit moves from the calls to the streams neither may be given back: an end that falls in between is made good by the mover.
    private void BecomeStream()
    {
        if (Interlocked.CompareExchange(ref _state, State.Moving, State.Call) != State.Call)
        {
            return;
        }

        var moved = _call.Set.Service.Bulkhead.TryBecomeStream() ? State.Stream : State.Call;
        if (Interlocked.CompareExchange(ref _state, moved, State.Moving) != State.Moving)
        {
            ExitBulkhead(moved);
        }
    }

    private void ExitBulkhead(int state)
    {
        switch (state)
        {
            case State.Call:
                _call.Set.Service.Bulkhead.Exit();
                break;
            case State.Stream:
                _call.Set.Service.Bulkhead.ExitStream();
                break;
        }
    }

    private HttpIOException Limited(OutcomeReason reason, TimeSpan limit, Exception cause)
    {
        var exceeded = new DeadlineExceededException(_call.Failure(reason), limit, cause);
        return new HttpIOException(HttpRequestError.Unknown, exceeded.Message, exceeded);
    }

    // A stream's headers are settled when it becomes one; that it broke later is evidence of its own, once.
    private void Settle(OutcomeReason reason, TimeSpan retryAfter)
    {
        var weight = reason.Verdict() == Verdict.Success ? 1 : 2;
        for (var before = Volatile.Read(ref _settled); before < weight; before = Volatile.Read(ref _settled))
        {
            if (Interlocked.CompareExchange(ref _settled, weight, before) == before)
            {
                _call.Set.Settle(_ticket, reason, retryAfter, _elapsed, _clock.Now());
                return;
            }
        }
    }

    private static class State
    {
        public const int Call = 0;
        public const int Moving = 1;
        public const int Stream = 2;
        public const int Unbounded = 3;
        public const int Ended = 4;
    }
}
