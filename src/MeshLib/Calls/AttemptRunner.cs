using System.Net;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.ObjectPool;

namespace MeshLib;

/// <summary>Makes one attempt of a call: pick, rewrite, send, classify.</summary>
internal sealed class AttemptRunner
{
    private const int BufferedBodyLimit = 64 * 1024;

    private readonly CallClock _time;
    private readonly MonotonicClock _clock;
    private readonly OutcomeClassifier _classifier;
    private readonly RetryRules _retries;
    private readonly MeshMetrics _metrics;
    private readonly ObjectPool<CallLimit> _limits;

    public AttemptRunner(CallClock time, DeadlineSweep sweep, RetryRules retries, MeshMetrics metrics)
    {
        _time = time;
        _clock = time.Clock;
        _classifier = new OutcomeClassifier(time.Clock.TimeProvider);
        _retries = retries;
        _metrics = metrics;
        _limits = new DefaultObjectPool<CallLimit>(new LimitPolicy(sweep), maximumRetained: 1024);
    }

    /// <summary>One attempt; whatever it begins ends in its one <c>finally</c> or is taken over by the response's body.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public async ValueTask RunAsync(MeshCall call)
    {
        // The clock was read when the call began, or when its wait ended.
        var now = call.Attempt == 1 ? call.AttemptStarted : _clock.Now();
        call.AttemptStarted = now;
        call.Lease = null;
        if (!TryBegin(call, now, out var ticket, out var attemptDue))
        {
            return;
        }

        var limit = FreshLimit(call);
        var endpoint = ticket.Endpoint;
        var response = default(HttpResponseMessage);
        endpoint.Load.Begin(now);
        try
        {
            limit.ArmAttempt(attemptDue);
            RequestDispatch.Prepare(call, endpoint, TimeFor(call, now, attemptDue));
            response = call.Synchronous
                ? call.Handler.SendInner(call.Request, limit.Token)
                : await call.Handler.SendInnerAsync(call.Request, limit.Token).ConfigureAwait(false);
            if (limit.Cause != LimitCause.None)
            {
                // The answer came as the time was up, or as the caller left: whoever cut the attempt off has already acted upon it.
                throw new OperationCanceledException(limit.Token);
            }

            // The stock handlers set it, stubs often do not; the report hangs on it.
            response.RequestMessage ??= call.Request;
            if (!call.Grpc && endpoint.IsReportDue(now))
            {
                endpoint.Observe(LoadReportReader.Read(response.Headers), _clock.Now());
            }

            call.Outcome = _classifier.Classify(response, call.Grpc, call.Grpc && _time.IsSpent(call), call.Set.Service.Predicate);
            if (call.Outcome.Reason == OutcomeReason.GatewayTimeout && _time.IsSpent(call))
            {
                // Both sides count down the same time; whoever is first, the caller sees the same.
                response.Dispose();
                response = null;
                call.Outcome = new(new TimeoutException("The server answered 504 as the time that it was given ran out."), call.Deadline.Reason);
            }
            else if (BufferedLength(call, response) is > 0)
            {
                // Also of a synchronous call, whose thread waits: a synchronous read takes no token, and could only be cut off by breaking the stream under it.
                await response.Content.LoadIntoBufferAsync(BufferedBodyLimit, limit.Token).ConfigureAwait(false);
            }
        }
#pragma warning disable CA1031 // Inside the mesh a failure is a value; it is thrown where it leaves.
        catch (Exception error)
#pragma warning restore CA1031
        {
            var reason = Explain(call, limit, error);

            // Once there was a response the request has been seen, whatever the connection said when it went.
            call.Outcome = new(error, response is not null && reason.NeverSent() ? OutcomeReason.ResponseEnded : reason);
            response?.Dispose();
            response = null;
        }
        finally
        {
            End(call, ticket, response);
        }
    }

    /// <summary>Reads the request's body into memory, if policy asks for that, within the call's time. <see langword="false"/> when the call is over, which its outcome explains.</summary>
    public async ValueTask<bool> KeepBodyAsync(MeshCall call)
    {
        var limit = FreshLimit(call);
        limit.ArmAttempt(long.MaxValue);
        try
        {
            await RequestReplay.PrepareAsync(call, limit.Token).ConfigureAwait(false);
            return true;
        }
#pragma warning disable CA1031 // As above.
        catch (Exception error)
#pragma warning restore CA1031
        {
            // The caller's own stream has failed, which is nobody's fault but the caller's.
            var reason = limit.Cause == LimitCause.None ? OutcomeReason.Fault : Explain(call, limit, error);
            call.Outcome = new(error, reason);
            return false;
        }
        finally
        {
            limit.DisarmAttempt();
        }
    }

    /// <summary>The limit that guards the body of <paramref name="call"/>'s response: the attempt's, unless that one was cut off at the last moment.</summary>
    public CallLimit BodyLimit(MeshCall call) => FreshLimit(call);

    /// <summary>Ends what a call holds when it, or its body, is over; the bulkhead permit is given back by whoever took it.</summary>
    public void Release(MeshCall call)
    {
        if (call.IsCounted)
        {
            _metrics.RequestEnded(call.Set.Service.Name);
        }

        if (call.Limit is { } limit && limit.End())
        {
            call.Limit = null;
            _limits.Return(limit);
        }
    }

    private static OutcomeReason Explain(MeshCall call, CallLimit limit, Exception error) => limit.Cause switch
    {
        LimitCause.Caller => OutcomeReason.CallerCancelled,
        LimitCause.AttemptTimeout => OutcomeReason.AttemptTimeout,
        LimitCause.CallTimeout => OutcomeReason.Timeout,
        LimitCause.Deadline => OutcomeReason.DeadlineExceeded,
        _ => error is OperationCanceledException && call.CallerToken.IsCancellationRequested ? OutcomeReason.CallerCancelled : OutcomeClassifier.Classify(error),
    };

    /// <summary>How long a body is that is read inside the attempt: 0 when there is none, <see langword="null"/> when it is streamed.</summary>
    private static int? BufferedLength(MeshCall call, HttpResponseMessage response)
    {
        if (call.Request.Method == HttpMethod.Head || response.StatusCode is HttpStatusCode.NoContent or HttpStatusCode.NotModified)
        {
            return 0;
        }

        // The verdict on a gRPC body stands in its trailers, whatever its length, and only a wrapped one looks there.
        return response.StatusCode != HttpStatusCode.SwitchingProtocols && response.Content.Headers.ContentLength is <= BufferedBodyLimit and var length && !(call.Grpc && length > 0)
            ? (int)length
            : null;
    }

    private bool TryBegin(MeshCall call, long now, out EndpointTicket ticket, out long attemptDue)
    {
        ticket = default;
        attemptDue = long.MaxValue;
        if (call.CallerToken.IsCancellationRequested)
        {
            call.Outcome = new(new OperationCanceledException(call.CallerToken), OutcomeReason.CallerCancelled);
            return false;
        }

        if (_time.IsTooLate(call, now))
        {
            _time.Expire(call);
            return false;
        }

        if (!call.Set.TryPick(call, out ticket, out var refusal))
        {
            call.Refuse(refusal);
            return false;
        }

        if (call.Policy.Policy.Mode == MeshMode.Enforce && RetryRules.MayRetryAfterTimeout(call))
        {
            attemptDue = _clock.After(now, call.Policy.Policy.AttemptTimeout);
        }

        return true;
    }

    /// <summary>What the server is told. While the budget refuses nobody will cut the attempt off, and a server that was told so would give up on a call that goes on.</summary>
    private TimeSpan TimeFor(MeshCall call, long now, long attemptDue)
    {
        var due = attemptDue < call.Deadline.DueAt && !call.Set.Service.Budget.IsSpent ? attemptDue : call.Deadline.DueAt;
        return due == long.MaxValue ? TimeSpan.MaxValue : _clock.Between(now, due);
    }

    private void End(MeshCall call, in EndpointTicket ticket, HttpResponseMessage? response)
    {
        var ended = _clock.Now();
        if (call.Outcome.Away > TimeSpan.Zero && call.Set.Announce(ticket.Endpoint, call.Outcome.Away, ended) && call.Outcome.Reason.MayAnnounce())
        {
            call.Outcome = call.Outcome with { Reason = OutcomeReason.Draining };
        }

        var outcome = call.Outcome;
        var elapsed = _clock.SecondsBetween(call.AttemptStarted, ended);
        call.Limit!.DisarmAttempt();
        call.Ended = ended;
        RequestDispatch.Restore(call);
        call.Record(ticket.Endpoint, outcome.Reason);
        _metrics.AttemptEnded(call.Set.Service.Name, outcome.Reason, elapsed);
        MeshTracing.AttemptEnded(call.Activity, call.Attempt, ticket.Endpoint, outcome.Reason);
        if (response is not null && BufferedLength(call, response) is null)
        {
            Lease(call, response, ticket, elapsed, ended);
        }
        else
        {
            call.Set.Settle(ticket, outcome.Reason, outcome.RetryAfter, elapsed, ended);
            ticket.Endpoint.Load.End();
        }
    }

    private CallLimit FreshLimit(MeshCall call)
    {
        if (call.Limit is { } limit)
        {
            if (!limit.IsSpent)
            {
                return limit;
            }

            limit.End();
        }

        call.Limit = _limits.Get();
        call.Limit.Begin(call, _retries);
        return call.Limit;
    }

    private void Lease(MeshCall call, HttpResponseMessage response, in EndpointTicket ticket, double elapsed, long ended)
    {
        // gRPC streams and upgraded connections may be silent for as long as they like.
        var idleLimit = !call.Grpc && response.StatusCode != HttpStatusCode.SwitchingProtocols && call.Policy.Policy.Mode == MeshMode.Enforce;
        var lease = new BodyLease(this, _time, call, ticket, call.Outcome, elapsed, ended, idleLimit);
        response.Content = new LeasedContent(response.Content, response, lease);
        call.Lease = lease;
    }

    private sealed class LimitPolicy(DeadlineSweep sweep) : PooledObjectPolicy<CallLimit>
    {
        public override CallLimit Create() => new(sweep);

        public override bool Return(CallLimit limit) => limit.TryReset();
    }
}
