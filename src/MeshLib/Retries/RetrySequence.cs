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
            call.Attempt++;
            await attempts.RunAsync(call).ConfigureAwait(false);
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
