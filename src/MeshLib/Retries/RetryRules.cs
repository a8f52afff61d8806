namespace MeshLib;

/// <summary>The one decision whether a failed attempt is followed by another. It knows nothing of how the waiting is done.</summary>
internal sealed class RetryRules(CallClock time, Random random)
{
    /// <summary>Decides, and pays for the retry when the answer is <see cref="RetryRefusal.None"/>.</summary>
    /// <param name="call">The call after its failed attempt, whose verdict is retryable or overloaded.</param>
    /// <param name="delay">How long to wait before the next attempt.</param>
    public RetryRefusal Decide(MeshCall call, out TimeSpan delay)
    {
        // Whoever cuts an attempt off has paid for the retry that was to follow.
        call.RetryPaid = call.Outcome.Reason == OutcomeReason.AttemptTimeout;
        var refusal = Judge(call, out delay);
        if (refusal != RetryRefusal.None)
        {
            GiveBack(call);
        }

        return refusal;
    }

    /// <summary>Gives back to the budget what was paid for a retry that was not sent.</summary>
    public static void GiveBack(MeshCall call)
    {
        if (call.RetryPaid)
        {
            call.RetryPaid = false;
            call.Set.Service.Budget.Refund();
        }
    }

    private RetryRefusal Judge(MeshCall call, out TimeSpan delay)
    {
        var outcome = call.Outcome;
        var retry = call.Policy.Policy.Retry;
        var neverSent = outcome.Reason.NeverSent();
        delay = TimeSpan.Zero;
        if (retry.MaxAttempts <= 1 || call.PinnedEndpoint is not null)
        {
            return RetryRefusal.AttemptsSpent;
        }

        if (outcome.RetryForbidden)
        {
            return RetryRefusal.ForbiddenByServer;
        }

        if (!call.Set.HasLive)
        {
            return RetryRefusal.NoOtherEndpoint;
        }

        if (call.IsRetryForbidden)
        {
            return RetryRefusal.NotRepeatable;
        }

        if (!neverSent && !call.Repeatable)
        {
            return RetryRefusal.NotRepeatable;
        }

        // Where no connection came about the body was not touched; every other repetition needs it whole.
        if (!call.Replayable && outcome.Reason is not (OutcomeReason.ConnectFailed or OutcomeReason.ConnectTimeout or OutcomeReason.NameResolution or OutcomeReason.TlsFailed))
        {
            return RetryRefusal.BodyNotReplayable;
        }

        // What no server has seen adds no load to any: it is free, once for each endpoint, whatever the picker prefers.
        var free = neverSent && !call.HasComeBack && call.Set.HasUntried(call);
        if (!free && call.Attempt - call.FreeRetries >= retry.MaxAttempts)
        {
            return RetryRefusal.AttemptsSpent;
        }

        delay = free ? TimeSpan.Zero : Backoff.Next(call.Attempt - call.FreeRetries, retry.Backoff, retry.MaxBackoff, random);
        if (outcome.RetryAfter > delay)
        {
            delay = outcome.RetryAfter;
        }

        // A server may ask for any wait; a call without a deadline (gRPC) has its limit in what a call may take at all.
        if (delay > call.Policy.Policy.Timeout || !time.HasTime(call, delay, time.Clock.Now()))
        {
            return RetryRefusal.NoTimeLeft;
        }

        if (free)
        {
            call.FreeRetries++;
        }
        else if (!call.RetryPaid)
        {
            call.RetryPaid = call.Set.Service.Budget.TryWithdraw();
            return call.RetryPaid ? RetryRefusal.None : RetryRefusal.BudgetSpent;
        }

        return RetryRefusal.None;
    }

    /// <summary>
    /// Asked when an attempt's time is up: if another attempt may follow it is paid for now, and the attempt is cut off; otherwise the attempt may go on.
    /// </summary>
    public bool TryPrepay(MeshCall call, long now)
    {
        // The longest wait that may come before it counts, else the attempt would be cut off for a retry that then has no time left.
        var retry = call.Policy.Policy.Retry;
        return MayRetryAfterTimeout(call)
            && call.Set.HasLive
            && time.HasTime(call, Backoff.Longest(call.Attempt - call.FreeRetries, retry.Backoff, retry.MaxBackoff), now)
            && call.Set.Service.Budget.TryWithdraw();
    }

    /// <summary>Whether an attempt that runs into its timeout could be followed by another, budget and time aside.</summary>
    public static bool MayRetryAfterTimeout(MeshCall call) =>
        call.Repeatable
        && call.Replayable
        && call.PinnedEndpoint is null
        && call.Attempt - call.FreeRetries < call.Policy.Policy.Retry.MaxAttempts;
}
