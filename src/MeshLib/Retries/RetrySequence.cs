using Polly;

namespace MeshLib;

/// <summary>The attempts of one call from the first failure on.</summary>
internal sealed class RetrySequence(AttemptRunner attempts, MeshCall call, TimeSpan delay)
{
    private bool _begun;
    private bool _decided;

    /// <summary>How long to wait before the next attempt.</summary>
    public TimeSpan Delay { get; private set; } = delay;

    /// <summary>The attempt that has failed already, then attempts that are really made.</summary>
    public async ValueTask<Outcome<HttpResponseMessage>> NextAsync()
    {
        if (_begun)
        {
            // What was paid is for this attempt, unless it comes to none: the caller has left, the time is up, the last endpoint was cut off.
            var paid = call.RetryPaid;
            call.RetryPaid = false;
            call.Attempt++;
            var made = call.AttemptsMade;
            await attempts.RunAsync(call).ConfigureAwait(false);
            if (paid && call.AttemptsMade == made)
            {
                call.Set.Service.Budget.Refund();
            }
        }

        _begun = true;
        return call.Outcome.Response is { } response ? Outcome.FromResult(response) : Outcome.FromException<HttpResponseMessage>(call.Outcome.Error!);
    }

    /// <summary>Whether another attempt follows. For the first failure this was decided before Polly was entered, and paid for once.</summary>
    public bool Continue(RetryRules rules, MeshMetrics metrics)
    {
        if (!_decided)
        {
            _decided = true;
            metrics.Retried(call.Set.Service.Name, call.Outcome.Reason);
            return true;
        }

        if (call.Outcome.Verdict is not (Verdict.Retryable or Verdict.Overloaded))
        {
            return false;
        }

        var refusal = rules.Decide(call, out var delay);
        Delay = delay;
        if (refusal != RetryRefusal.None)
        {
            metrics.RetryRefused(call.Set.Service.Name, refusal);
            return false;
        }

        metrics.Retried(call.Set.Service.Name, call.Outcome.Reason);
        return true;
    }
}
