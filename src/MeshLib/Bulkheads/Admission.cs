namespace MeshLib;

/// <summary>Lets a call into its service's bulkhead, or into the queue before it.</summary>
internal sealed class Admission(CallClock time, DeadlineSweep sweep, MeshMetrics metrics)
{
    /// <summary>Takes a permit for <paramref name="call"/>. <see langword="false"/> when the call may not go on, which its outcome explains.</summary>
    public ValueTask<bool> EnterAsync(MeshCall call)
    {
        var service = call.Set.Service;
        call.HoldsPermit = service.Bulkhead.TryEnter();
        if (call.HoldsPermit)
        {
            return new(true);
        }

        if (call.Policy.Policy.Mode == MeshMode.Enforce)
        {
            return QueueAsync(call, service.Bulkhead);
        }

        // Observing: what would have been refused is counted, and goes on without a permit.
        metrics.Rejected(service.Name, OutcomeReason.BulkheadFull);
        return new(true);
    }

    private async ValueTask<bool> QueueAsync(MeshCall call, Bulkhead bulkhead)
    {
        var expiry = new Expiry(bulkhead);
        sweep.Add(expiry, call.Deadline.DueAt);
        try
        {
            call.HoldsPermit = await bulkhead.EnterAsync(call.Deadline.DueAt, call.CallerToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException cancelled)
        {
            call.Outcome = new(cancelled, OutcomeReason.CallerCancelled);
            return false;
        }
        finally
        {
            sweep.Remove(expiry);
        }

        call.AttemptStarted = time.Clock.Now();
        if (!call.HoldsPermit)
        {
            if (time.IsTooLate(call, call.AttemptStarted))
            {
                time.Expire(call);
            }
            else
            {
                call.Refuse(OutcomeReason.BulkheadFull);
            }
        }

        return call.HoldsPermit;
    }

    /// <summary>The deadline of one waiter: sends everybody away whose time is up.</summary>
    private sealed class Expiry(Bulkhead bulkhead) : SweepEntry
    {
        protected internal override void OnDue(long now) => bulkhead.ExpireWaiters(now);
    }
}
