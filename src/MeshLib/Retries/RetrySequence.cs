using Polly;

namespace MeshLib;

/// <summary>The attempts of one call from the first failure on.</summary>
internal sealed class RetrySequence(AttemptRunner attempts, MeshCall call, AttemptOutcome first, TimeSpan delay)
{
    private bool _begun;
    private bool _decided;

    public AttemptOutcome Outcome { get; private set; } = first;

    /// <summary>How long to wait before the next attempt.</summary>
    public TimeSpan Delay { get; private set; } = delay;

    /// <summary>The attempt that has failed already, then attempts that are really made.</summary>
    public async ValueTask<Outcome<HttpResponseMessage>> NextAsync()
    {
        if (_begun)
        {
            call.Attempt++;
            Outcome = await attempts.RunAsync(call).ConfigureAwait(false);
        }

        _begun = true;
        return Outcome.Response is { } response ? Polly.Outcome.FromResult(response) : Polly.Outcome.FromException<HttpResponseMessage>(Outcome.Error!);
    }

    /// <summary>Whether another attempt follows. For the first failure this was decided before Polly was entered, and paid for once.</summary>
    public bool Continue(RetryRules rules, MeshMetrics metrics)
    {
        if (!_decided)
        {
            _decided = true;
            metrics.Retried(call.Set.Service.Name, Outcome.Reason);
            return true;
        }

        if (Outcome.Verdict is not (Verdict.Retryable or Verdict.Overloaded))
        {
            return false;
        }

        var refusal = rules.Decide(call, Outcome, out var delay);
        Delay = delay;
        if (refusal != RetryRefusal.None)
        {
            metrics.RetryRefused(call.Set.Service.Name, refusal);
            return false;
        }

        metrics.Retried(call.Set.Service.Name, Outcome.Reason);
        return true;
    }
}
