using System.Diagnostics;
using System.Net;
using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using Microsoft.Extensions.ObjectPool;

namespace MeshLib;

/// <summary>
/// The order of a call, written once. Request code only reads snapshots; what it begins it ends in one place.
/// </summary>
internal sealed class MeshPipeline
{
    private const int BufferedBodyLimit = 64 * 1024;

    // A remaining time that rounds to nothing on the wire is no time to ask a server for an answer.
    private static readonly TimeSpan LeastUsefulTime = TimeSpan.FromMilliseconds(1);

    private readonly OutcomeClassifier _classifier;
    private readonly RetryRules _retries;
    private readonly MeshMetrics _metrics;
    private readonly MeshTracing _tracing;
    private readonly DeadlineSweep _sweep;
    private readonly ObjectPool<CallLimit> _limits;

    public MeshPipeline(MeshEnvironment environment, DeadlineSweep sweep, RetryRules retries, MeshMetrics metrics, MeshTracing tracing)
    {
        Clock = environment.Clock;
        _classifier = new OutcomeClassifier(environment.Clock.TimeProvider);
        _retries = retries;
        _metrics = metrics;
        _tracing = tracing;
        _sweep = sweep;
        _limits = new DefaultObjectPool<CallLimit>(new LimitPolicy(sweep), maximumRetained: 1024);
    }

    public MonotonicClock Clock { get; }

    /// <summary>Where every request enters: it is either the mesh's business or goes on untouched.</summary>
    public Task<HttpResponseMessage> Send(MeshHandler handler, HttpRequestMessage request, bool synchronous, CancellationToken cancellationToken)
    {
        if (request.RequestUri is not { IsAbsoluteUri: true } uri || uri is MeshUri || IsBypassed(request) || handler.Client.Find(uri) is not { } set)
        {
            return PassThrough.SendAsync(handler, request, synchronous, cancellationToken);
        }

        set.Touch();
        if (set.Snapshot is not { } snapshot)
        {
            return ResolveThenSendAsync(set, handler, request, synchronous, cancellationToken);
        }

        return snapshot.PassThrough
            ? PassThrough.SendAsync(handler, request, synchronous, cancellationToken)
            : RunAsync(Begin(set, handler, request, synchronous, cancellationToken));
    }

    /// <summary>One attempt: pick, rewrite, send, classify; whatever it begins ends in its one <c>finally</c> or is taken over by the response's body.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<AttemptOutcome> AttemptAsync(MeshCall call)
    {
        var now = call.Attempt == 1 ? call.Started : Clock.Now();
        call.AttemptStarted = now;
        if (!TryPrepareAttempt(call, now, out var ticket, out var attemptDue, out var refused))
        {
            return refused;
        }

        var limit = FreshLimit(call);
        var endpoint = ticket.Endpoint;
        var outcome = default(AttemptOutcome);
        var response = default(HttpResponseMessage);
        endpoint.Load.Begin();
        try
        {
            limit.ArmAttempt(attemptDue);
            var due = Math.Min(attemptDue, call.Deadline.DueAt);
            RequestDispatch.Prepare(call, endpoint, due == long.MaxValue ? TimeSpan.MaxValue : Clock.Between(now, due));
            response = call.Synchronous
                ? call.Handler.SendInner(call.Request, limit.Token)
                : await call.Handler.SendInnerAsync(call.Request, limit.Token).ConfigureAwait(false);
            outcome = _classifier.Classify(response, call.Grpc, DeadlineIsSpent(call));
            if (BufferedLength(call.Request, response) is > 0)
            {
                await response.Content.LoadIntoBufferAsync(BufferedBodyLimit, limit.Token).ConfigureAwait(false);
            }
        }
#pragma warning disable CA1031 // Inside the mesh a failure is a value; it is thrown where it leaves.
        catch (Exception error)
#pragma warning restore CA1031
        {
            response?.Dispose();
            response = null;
            outcome = new(error, Explain(call, limit, error));
        }
        finally
        {
            var ended = Clock.Now();
            var elapsed = Clock.SecondsBetween(now, ended);
            limit.DisarmAttempt();
            RequestDispatch.Restore(call);
            call.Record(endpoint, outcome.Reason);
            _metrics.AttemptEnded(call.Set.Service.Name, outcome.Reason, elapsed);
            MeshTracing.AttemptEnded(call.Activity, call.Attempt, endpoint, outcome.Reason);
            if (response is not null && BufferedLength(call.Request, response) is null)
            {
                Lease(call, response, ticket, outcome, elapsed, ended);
            }
            else
            {
                call.Set.Settle(ticket, outcome.Reason, outcome.RetryAfter, elapsed, ended);
                endpoint.Load.End();
            }
        }

        return outcome;
    }

    /// <summary>Ends what a call holds once its body is over; the permits are given back by whoever took them.</summary>
    public void Release(MeshCall call)
    {
        _metrics.RequestEnded(call.Set.Service.Name);
        if (call.Limit is { } limit && limit.End())
        {
            call.Limit = null;
            _limits.Return(limit);
        }
    }

    private static bool IsBypassed(HttpRequestMessage request) => request.Options.TryGetValue(MeshRequestOptions.Bypass, out var bypass) && bypass;

    private MeshCall Begin(EndpointSet set, MeshHandler handler, HttpRequestMessage request, bool synchronous, CancellationToken cancellationToken)
    {
        var now = Clock.Now();
        var policy = set.Service.PolicyOf(handler.Client.Name);
        var grpc = GrpcStatus.IsGrpc(request);
        var call = new MeshCall(request, now)
        {
            Handler = handler,
            Set = set,
            Policy = policy,
            CallerToken = cancellationToken,
            Synchronous = synchronous,
            Grpc = grpc,
            PinnedEndpoint = request.Options.TryGetValue(MeshRequestOptions.PinnedEndpoint, out var pinned) ? pinned : null,
            Deadline = DeadlineOf(request, policy.Policy, grpc, now),
            Repeatable = request.Options.TryGetValue(MeshRequestOptions.AllowRetry, out var allowed) ? allowed : policy.Repeatable(request, grpc),
            Replayable = true,
        };
        request.Options.Set(MeshRequestOptions.Call, call);
        return call;
    }

    private async Task<HttpResponseMessage> ResolveThenSendAsync(
        EndpointSet set, MeshHandler handler, HttpRequestMessage request, bool synchronous, CancellationToken cancellationToken)
    {
        // The call's clock runs while it waits for the first answer, so it begins here.
        var call = Begin(set, handler, request, synchronous, cancellationToken);
        var left = Clock.Between(call.Started, call.Deadline.DueAt);
        if (left > TimeSpan.Zero)
        {
            var limit = left == TimeSpan.MaxValue ? Timeout.InfiniteTimeSpan : left;
            await set.Ready.WaitAsync(limit, Clock.TimeProvider, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        cancellationToken.ThrowIfCancellationRequested();
        if (set.Snapshot is { PassThrough: true })
        {
            return await PassThrough.SendAsync(handler, request, synchronous, cancellationToken).ConfigureAwait(false);
        }

        return await RunAsync(call).ConfigureAwait(false);
    }

    private Task<HttpResponseMessage> RunAsync(MeshCall call) => call.Policy.Policy.Mode == MeshMode.Resolve ? ForwardAsync(call) : GovernAsync(call);

    /// <summary>Mode Resolve: discovery and round robin, nothing else.</summary>
    private async Task<HttpResponseMessage> ForwardAsync(MeshCall call)
    {
        if (!call.Set.TryPick(call, repeatable: true, out var ticket, out var refusal))
        {
            return Conclude(call, Refused(call, refusal));
        }

        RequestDispatch.Redirect(call, ticket.Endpoint);
        try
        {
            return call.Synchronous
                ? call.Handler.SendInner(call.Request, call.CallerToken)
                : await call.Handler.SendInnerAsync(call.Request, call.CallerToken).ConfigureAwait(false);
        }
        finally
        {
            RequestDispatch.Restore(call);
        }
    }

    private async Task<HttpResponseMessage> GovernAsync(MeshCall call)
    {
        var service = call.Set.Service;
        var enforce = call.Policy.Policy.Mode == MeshMode.Enforce;
        var entered = false;
        var handedOver = false;
        var outcome = default(AttemptOutcome);
        call.Activity = _tracing.Start(call.Request, service.Name);
        _metrics.RequestStarted(service.Name);
        try
        {
            // 1. The deadline: work whose time is up costs nothing, not even a place in a queue.
            // 2. The bulkhead, above the attempts: all of them, and the waits between them, hold one permit.
            outcome = IsTooLate(call, call.Started) ? Late(call) : await EnterAsync(call, enforce).ConfigureAwait(false);
            entered = outcome.Reason == OutcomeReason.Ok;
            if (entered)
            {
                // 3. The budget: a request earns a share of a retry, whether or not it will need one.
                service.Budget.Deposit();

                // 4. The body, if it has to be kept for a repetition.
                if (call.Request.Content is { } content && !RequestReplay.IsReplayable(content))
                {
                    call.Replayable = await RequestReplay.PrepareAsync(content, call.Repeatable, call.Policy.Policy.Retry.ReplayLimit, call.CallerToken).ConfigureAwait(false);
                }

                // 5. The first attempt, on which nearly every call ends.
                outcome = await AttemptAsync(call).ConfigureAwait(false);

                // 6. Repetitions, if the one decision function says so.
                if (enforce && outcome.Verdict is Verdict.Retryable or Verdict.Overloaded)
                {
                    outcome = await RepeatAsync(call, outcome).ConfigureAwait(false);
                }
            }

            var response = Conclude(call, outcome);
            if (entered && outcome.Response is not null && call.Lease is { } lease)
            {
                handedOver = true;
                lease.Adopt();
            }

            return response;
        }
        finally
        {
            call.Refuse(outcome.Reason);
            _metrics.RequestAnswered(service.Name, outcome.Reason, Clock.SecondsBetween(call.Started, Clock.Now()));
            MeshTracing.End(call.Activity, call.AttemptsMade, outcome.Reason);
            if (!handedOver)
            {
                if (entered)
                {
                    service.Bulkhead.Exit();
                }

                Release(call);
            }
        }
    }

    private async ValueTask<AttemptOutcome> EnterAsync(MeshCall call, bool enforce)
    {
        var bulkhead = call.Set.Service.Bulkhead;
        if (bulkhead.TryEnter())
        {
            return default;
        }

        try
        {
            if (await bulkhead.EnterAsync(call.Deadline.DueAt, call.CallerToken).ConfigureAwait(false))
            {
                return default;
            }
        }
        catch (OperationCanceledException cancelled)
        {
            return new(cancelled, OutcomeReason.CallerCancelled);
        }

        return IsTooLate(call, Clock.Now()) ? Late(call) : Refused(call, OutcomeReason.BulkheadFull);
    }

    private async ValueTask<AttemptOutcome> RepeatAsync(MeshCall call, AttemptOutcome first)
    {
        var refusal = _retries.Decide(call, first, out var delay);
        if (refusal == RetryRefusal.None)
        {
            return await RetryStrategy.RunAsync(this, call, first, delay).ConfigureAwait(false);
        }

        _metrics.RetryRefused(call.Set.Service.Name, refusal);
        return first;
    }

    private bool TryPrepareAttempt(MeshCall call, long now, out EndpointTicket ticket, out long attemptDue, out AttemptOutcome refused)
    {
        call.Lease = null;
        ticket = default;
        attemptDue = long.MaxValue;
        refused = default;
        if (call.CallerToken.IsCancellationRequested)
        {
            refused = new(new OperationCanceledException(call.CallerToken), OutcomeReason.CallerCancelled);
            return false;
        }

        if (IsTooLate(call, now))
        {
            refused = Late(call);
            return false;
        }

        var refusal = OutcomeReason.PinnedEndpointUnknown;
        var picked = call.PinnedEndpoint is { } pinned
            ? call.Set.TryPickPinned(pinned, out ticket)
            : call.Set.TryPick(call, call.Repeatable && call.Replayable, out ticket, out refusal);
        if (!picked)
        {
            refused = Refused(call, refusal);
            return false;
        }

        if (call.Policy.Policy.Mode == MeshMode.Enforce && RetryRules.MayRetryAfterTimeout(call))
        {
            attemptDue = Clock.After(now, call.Policy.Policy.AttemptTimeout);
        }

        return true;
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

    private void Lease(MeshCall call, HttpResponseMessage response, EndpointTicket ticket, AttemptOutcome outcome, double elapsed, long ended)
    {
        // gRPC streams and upgraded connections may be silent for as long as they like.
        var idleLimit = !call.Grpc && response.StatusCode != HttpStatusCode.SwitchingProtocols && call.Policy.Policy.Mode == MeshMode.Enforce;
        var lease = new BodyLease(this, call, ticket, outcome, elapsed, ended, idleLimit);
        response.Content = new LeasedContent(response.Content, response, lease);
        call.Lease = lease;
    }

    private HttpResponseMessage Conclude(MeshCall call, AttemptOutcome outcome)
    {
        if (outcome.Response is { } response)
        {
            return response;
        }

        var error = outcome.Error!;
        switch (outcome.Reason)
        {
            case OutcomeReason.CallerCancelled:
                throw new TaskCanceledException(error.Message, error, call.CallerToken);
            case OutcomeReason.Timeout or OutcomeReason.DeadlineExceeded or OutcomeReason.AttemptTimeout when error is not MeshException:
                error = new DeadlineExceededException(call.Failure(outcome.Reason), Clock.Between(call.Started, Clock.Now()), error);
                break;
        }

        if (error is MeshException refusal)
        {
            if (call.AttemptsMade == 0)
            {
                _metrics.Rejected(call.Set.Service.Name, outcome.Reason);
            }

            if (call.Grpc)
            {
                return GrpcStatus.Reject(call.Request, refusal);
            }
        }

        ExceptionDispatchInfo.Throw(error);
        return null!;
    }

    private AttemptOutcome Refused(MeshCall call, OutcomeReason reason)
    {
        var snapshot = call.Set.Snapshot;
        var retryAfter = reason == OutcomeReason.AllEndpointsOpen ? call.Set.TimeToNextProbe(call.AttemptStarted) : null;
        var failure = call.Failure(reason, retryAfter);
        Exception error = reason == OutcomeReason.BulkheadFull
            ? new BulkheadRejectedException(failure, call.Set.Service.Policy.Bulkhead.MaxConcurrency)
            : new NoEndpointAvailableException(reason == OutcomeReason.PinnedEndpointUnknown ? failure with { Endpoint = call.PinnedEndpoint } : failure, snapshot?.Problem);
        return new(error, reason);
    }

    private AttemptOutcome Late(MeshCall call)
    {
        var reason = call.Deadline.Reason;
        return new(new DeadlineExceededException(call.Failure(reason), Clock.Between(call.Started, call.Deadline.DueAt)), reason);
    }

    private bool IsTooLate(MeshCall call, long now) => Clock.After(now, LeastUsefulTime) >= call.Deadline.DueAt;

    private CallDeadline DeadlineOf(HttpRequestMessage request, EffectivePolicy policy, bool grpc, long now)
    {
        if (policy.Mode != MeshMode.Enforce || Debugger.IsAttached)
        {
            return CallDeadline.None;
        }

        var deadline = long.MaxValue;
        if (Deadline.Current is { } inherited)
        {
            deadline = Clock.After(now, inherited.Remaining);
        }

        if (request.Options.TryGetValue(MeshRequestOptions.Deadline, out var own))
        {
            deadline = Math.Min(deadline, Clock.After(now, own.Remaining));
        }

        if (!grpc)
        {
            return new(Clock.After(now, policy.Timeout), deadline);
        }

        // gRPC has a deadline of its own, and none means none.
        if (request.Headers.NonValidated.TryGetValues(MeshHeaders.GrpcTimeout, out var values) && TimeoutHeader.TryParse(values.ToString(), out var timeout))
        {
            deadline = Math.Min(deadline, Clock.After(now, timeout));
        }

        return new(long.MaxValue, deadline);
    }

    // A server that was given the deadline answers 504 when it is spent, a little before we notice ourselves.
    private bool DeadlineIsSpent(MeshCall call)
    {
        var deadline = call.Deadline.Deadline;
        if (deadline == long.MaxValue)
        {
            return false;
        }

        var given = Clock.SecondsBetween(call.AttemptStarted, deadline);
        var left = Clock.SecondsBetween(Clock.Now(), deadline);
        return left <= Math.Max(0.005, given * 0.1);
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
    private static int? BufferedLength(HttpRequestMessage request, HttpResponseMessage response)
    {
        if (request.Method == HttpMethod.Head || response.StatusCode is HttpStatusCode.NoContent or HttpStatusCode.NotModified)
        {
            return 0;
        }

        return response.StatusCode != HttpStatusCode.SwitchingProtocols && response.Content.Headers.ContentLength is <= BufferedBodyLimit and var length ? (int)length : null;
    }

    private sealed class LimitPolicy(DeadlineSweep sweep) : PooledObjectPolicy<CallLimit>
    {
        public override CallLimit Create() => new(sweep);

        public override bool Return(CallLimit limit) => limit.TryReset();
    }
}
