using System.Runtime.ExceptionServices;

namespace MeshLib;

/// <summary>
/// The order of a call, written once. Request code only reads snapshots; what it begins it ends in one place.
/// </summary>
internal sealed class MeshPipeline(CallClock time, Admission admission, AttemptRunner attempts, RetryRules retries, MeshMetrics metrics, MeshTracing tracing)
{
    // What timers can do; who has more than 49 days has no limit that matters.
    private static readonly TimeSpan LongestWait = TimeSpan.FromMilliseconds(uint.MaxValue - 1);

    private readonly MonotonicClock _clock = time.Clock;
    private readonly ClientTimeout _clientTimeout = new(time.Clock.TimeProvider);
    private readonly PassThrough _passThrough = new(new(time.Clock.TimeProvider));

    /// <summary>Where every request enters: it is either the mesh's business or goes on untouched.</summary>
    public Task<HttpResponseMessage> Send(MeshHandler handler, HttpRequestMessage request, bool synchronous, CancellationToken cancellationToken)
    {
        if (request.RequestUri is not { IsAbsoluteUri: true } uri || uri is MeshUri || IsBypassed(request) || handler.Client.Find(uri) is not { } set)
        {
            return _passThrough.SendAsync(handler, request, synchronous, cancellationToken);
        }

        set.Touch();
        var entry = new MeshEntry(set, handler.Client.PolicyFor(set.Service));
        return entry.Policy.Policy.Mode == MeshMode.Enforce
            ? Enter(entry, handler, request, synchronous, cancellationToken)
            : EnterUngoverned(entry, handler, request, synchronous, cancellationToken);
    }

    /// <summary>Enters a call with the policy that it began with, each time that a handler outside of the mesh sends it.</summary>
    public Task<HttpResponseMessage> Enter(MeshEntry entry, MeshHandler handler, HttpRequestMessage request, bool synchronous, CancellationToken cancellationToken)
    {
        if (entry.Set.Snapshot is not { } snapshot)
        {
            return ResolveThenSendAsync(entry, handler, request, synchronous, cancellationToken);
        }

        return snapshot.PassThrough
            ? _passThrough.SendAsync(handler, request, synchronous, cancellationToken)
            : RunAsync(Begin(entry, handler, request, synchronous, cancellationToken));
    }

    // Where the mesh limits and repeats nothing, the call keeps what limits and repeats it without the mesh: the client's own timeout and the displaced resilience handlers.
    private Task<HttpResponseMessage> EnterUngoverned(MeshEntry entry, MeshHandler handler, HttpRequestMessage request, bool synchronous, CancellationToken cancellationToken) =>
        handler.Client.OwnTimeout == Timeout.InfiniteTimeSpan
            ? EnterBelow(entry, handler, request, synchronous, cancellationToken)
            : EnterLimitedAsync(entry, handler, request, synchronous, cancellationToken);

    private Task<HttpResponseMessage> EnterLimitedAsync(MeshEntry entry, MeshHandler handler, HttpRequestMessage request, bool synchronous, CancellationToken cancellationToken) =>
        _clientTimeout.RunAsync(handler.Client, token => EnterBelow(entry, handler, request, synchronous, token), cancellationToken);

    private Task<HttpResponseMessage> EnterBelow(MeshEntry entry, MeshHandler handler, HttpRequestMessage request, bool synchronous, CancellationToken cancellationToken)
    {
        if (!handler.HasResilience)
        {
            return Enter(entry, handler, request, synchronous, cancellationToken);
        }

        return synchronous
            ? Task.FromResult(handler.EnterBelow(entry, request, cancellationToken))
            : handler.EnterBelowAsync(entry, request, cancellationToken);
    }

    private static bool IsBypassed(HttpRequestMessage request) => request.Options.TryGetValue(MeshRequestOptions.Bypass, out var bypass) && bypass;

    private MeshCall Begin(MeshEntry entry, MeshHandler handler, HttpRequestMessage request, bool synchronous, CancellationToken cancellationToken)
    {
        var now = _clock.Now();
        var policy = entry.Policy;
        var grpc = GrpcStatus.IsGrpc(request);
        bool? allowed = request.Options.TryGetValue(MeshRequestOptions.AllowRetry, out var allow) ? allow : null;
        return new MeshCall(request, now)
        {
            Handler = handler,
            Set = entry.Set,
            Policy = policy,
            CallerToken = cancellationToken,
            Synchronous = synchronous,
            Grpc = grpc,
            PinnedEndpoint = request.Options.TryGetValue(MeshRequestOptions.PinnedEndpoint, out var pinned) ? pinned : null,
            Deadline = time.DeadlineOf(request, policy.Policy, grpc, now),
            Repeatable = allowed ?? policy.Repeatable(request, grpc),
            IsRetryForbidden = allowed is false,
            Replayable = true,
        };
    }

    private async Task<HttpResponseMessage> ResolveThenSendAsync(
        MeshEntry entry, MeshHandler handler, HttpRequestMessage request, bool synchronous, CancellationToken cancellationToken)
    {
        // The call's clock runs while it waits for the first answer, so it begins here.
        var call = Begin(entry, handler, request, synchronous, cancellationToken);
        var left = _clock.Between(call.Started, call.Deadline.DueAt);
        if (left > TimeSpan.Zero)
        {
            var limit = left > LongestWait ? Timeout.InfiniteTimeSpan : left;
            await entry.Set.Ready.WaitAsync(limit, _clock.TimeProvider, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        var snapshot = entry.Set.Snapshot;
        if (snapshot is { PassThrough: true })
        {
            return await _passThrough.SendAsync(handler, request, synchronous, cancellationToken).ConfigureAwait(false);
        }

        // A call that ends here has its metrics, its span and its report like any other.
        if (cancellationToken.IsCancellationRequested)
        {
            call.Outcome = new(new OperationCanceledException(cancellationToken), OutcomeReason.CallerCancelled);
        }
        else if (snapshot is null)
        {
            time.Expire(call);
        }

        call.AttemptStarted = _clock.Now();
        return await RunAsync(call).ConfigureAwait(false);
    }

    private Task<HttpResponseMessage> RunAsync(MeshCall call)
    {
        var mode = call.Policy.Policy.Mode;
        if (mode == MeshMode.Enforce)
        {
            return GovernAsync(call);
        }

        // Enforce replaces what an earlier call of the same request has left; the other modes write nothing in its place.
        RequestDispatch.Forget(call.Request);
        return mode == MeshMode.Observe ? GovernAsync(call) : ForwardAsync(call);
    }

    /// <summary>Mode Resolve: discovery and round robin, nothing else.</summary>
    private async Task<HttpResponseMessage> ForwardAsync(MeshCall call)
    {
        if (call.Outcome.Error is not null)
        {
            return Conclude(call);
        }

        if (!call.Set.TryResolve(call, out var endpoint, out var refusal))
        {
            call.Refuse(refusal);
            return Conclude(call);
        }

        RequestDispatch.Redirect(call, endpoint);
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
        call.Request.Options.Set(MeshRequestOptions.Call, call);
        call.Activity = tracing.Start(call.Request, call.Set.Service.Name, BeginOf(call));
        call.IsCounted = metrics.RequestStarted(call.Set.Service.Name);
        try
        {
            // 1. The deadline: work whose time is up, perhaps while it waited for discovery, costs nothing, not even a place in a queue.
            // 2. The bulkhead, above the attempts: all of them, and the waits between them, hold one permit.
            if (IsInTime(call) && await admission.EnterAsync(call).ConfigureAwait(false))
            {
                // 3. The budget: a request earns a share of a retry, whether or not it will need one.
                call.Set.Service.Budget.Deposit(call.Started);

                // 4. The body, if it has to be kept for a repetition.
                if (RequestReplay.IsReplayable(call.Request.Content) || await attempts.KeepBodyAsync(call).ConfigureAwait(false))
                {
                    // 5. The first attempt, on which nearly every call ends.
                    await attempts.RunAsync(call).ConfigureAwait(false);

                    // 6. Repetitions, if the one decision function says so.
                    if (MayRepeat(call, out var delay))
                    {
                        await RetryStrategy.RunAsync(attempts, call, delay).ConfigureAwait(false);
                    }
                }
            }

            return Conclude(call);
        }
        finally
        {
            End(call);
        }
    }

    // The span of a call that waited for discovery's first answer begins with the wait.
    private DateTimeOffset BeginOf(MeshCall call) =>
        call.AttemptStarted == call.Started ? default : _clock.TimeProvider.GetUtcNow() - _clock.Between(call.Started, call.AttemptStarted);

    private bool IsInTime(MeshCall call)
    {
        if (call.Outcome.Error is not null)
        {
            return false;
        }

        if (!time.IsTooLate(call, call.AttemptStarted))
        {
            return true;
        }

        time.Expire(call);
        return false;
    }

    private bool MayRepeat(MeshCall call, out TimeSpan delay)
    {
        delay = TimeSpan.Zero;
        if (call.Outcome.Verdict is not (Verdict.Retryable or Verdict.Overloaded) || call.Policy.Policy.Mode != MeshMode.Enforce)
        {
            return false;
        }

        var refusal = retries.Decide(call, out delay);
        if (refusal != RetryRefusal.None)
        {
            metrics.RetryRefused(call.Set.Service.Name, refusal);
        }

        return refusal == RetryRefusal.None;
    }

    private void End(MeshCall call)
    {
        var service = call.Set.Service;
        var reason = call.Outcome.Reason;
        metrics.RequestAnswered(service.Name, reason, _clock.SecondsBetween(call.Started, call.Ended == 0 ? _clock.Now() : call.Ended));
        tracing.End(call.Activity, call.AttemptsMade, reason);

        var lease = call.Outcome.Response is null ? null : call.Lease;
        call.Outcome = AttemptOutcome.Remembered(reason);
        if (lease is not null)
        {
            // The body that is handed out takes over what the call holds.
            lease.Adopt();
            return;
        }

        if (call.HoldsPermit)
        {
            service.Bulkhead.Exit();
        }

        attempts.Release(call);
    }

    private HttpResponseMessage Conclude(MeshCall call)
    {
        var outcome = call.Outcome;
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
                error = new DeadlineExceededException(call.Failure(outcome.Reason), time.LimitOf(call, outcome.Reason), error);
                break;
            case OutcomeReason.ConnectTimeout when error is OperationCanceledException:
                // Nobody cancelled: the stock handler only reports its connect timeout that way.
                error = new HttpRequestException(HttpRequestError.ConnectionError, $"No connection to {call.LastEndpoint} within the connect timeout.", error);
                break;
        }

        if (error is MeshException refusal)
        {
            if (call.AttemptsMade == 0)
            {
                metrics.Rejected(call.Set.Service.Name, outcome.Reason);
            }

            if (call.Grpc)
            {
                return GrpcStatus.Reject(call.Request, refusal);
            }
        }

        ExceptionDispatchInfo.Throw(error);
        return null!;
    }
}
