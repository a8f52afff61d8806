namespace MeshLib;

/// <summary>Lets a call into its service's bulkhead, or into the queue before it.</summary>
internal sealed class Admission(CallClock time, DeadlineSweep sweep, MeshMetrics metrics)
{
    /// <summary>Takes a permit for <paramref name="call"/>. The outcome is <see cref="OutcomeReason.Ok"/> when the call may go on.</summary>
    public ValueTask<AttemptOutcome> EnterAsync(MeshCall call)
    {
        var service = call.Set.Service;
        call.HoldsPermit = service.Bulkhead.TryEnter();
        if (call.HoldsPermit)
        {
            return default;
        }

        if (call.Policy.Policy.Mode == MeshMode.Enforce)
        {
            return QueueAsync(call, service.Bulkhead);
        }

        // Observing: what would have been refused is counted, and goes on without a permit.
        metrics.Rejected(service.Name, OutcomeReason.BulkheadFull);
        return default;
    }

    private async ValueTask<AttemptOutcome> QueueAsync(MeshCall call, Bulkhead bulkhead)
    {
        var expiry = new Expiry(bulkhead);
        sweep.Add(expiry, call.Deadline.DueAt);
        try
        {
            call.HoldsPermit = await bulkhead.EnterAsync(call.Deadline.DueAt, call.CallerToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException cancelled)
        {
            return new(cancelled, OutcomeReason.CallerCancelled);
        }
        finally
        {
            sweep.Remove(expiry);
        }

        call.AttemptStarted = time.Clock.Now();
        return call.HoldsPermit ? default
            : time.IsTooLate(call, call.AttemptStarted) ? time.Late(call)
            : call.Refused(OutcomeReason.BulkheadFull);
    }

    /// <summary>The deadline of one waiter: sends everybody away whose time is up.</summary>
    private sealed class Expiry(Bulkhead bulkhead) : SweepEntry
    {
        protected internal override void OnDue(long now) => bulkhead.ExpireWaiters(now);
    }
}
