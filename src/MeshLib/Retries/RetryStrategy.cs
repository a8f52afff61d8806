using Microsoft.Extensions.Http.Diagnostics;
using Microsoft.Extensions.Http.Resilience;
using Polly;
using Polly.Retry;
using Polly.Telemetry;

namespace MeshLib;

/// <summary>
/// The seam to Polly. The first attempt runs outside; only when <see cref="RetryRules"/> has said yes is Polly's retry strategy entered, with the finished first outcome as
/// its first result. Polly does the waiting, the disposing of discarded responses and the telemetry, so that its attempt metric covers failed calls only.
/// </summary>
internal sealed class RetryStrategy(MonotonicClock clock, RetryRules rules, MeshMetrics metrics, TelemetryOptions telemetry)
{
    private static readonly ResiliencePropertyKey<RetrySequence> SequenceKey = new("MeshLib.RetrySequence");

    // The name under which Microsoft's resilience package looks for the metadata when it enriches Polly's metrics.
    private static readonly ResiliencePropertyKey<RequestMetadata> MetadataKey = new("Extensions-RequestMetadata");

    public ResiliencePipeline<HttpResponseMessage> Build(MeshService service, EffectivePolicy policy)
    {
        var options = new HttpRetryStrategyOptions
        {
            Name = "Retry",

            // The rules count the attempts, because those that no server has seen are free.
            MaxRetryAttempts = int.MaxValue,
            Delay = TimeSpan.Zero,
            UseJitter = false,
            MaxDelay = policy.Timeout,
            ShouldRetryAfterHeader = false,
            ShouldHandle = arguments => ValueTask.FromResult(Sequence(arguments.Context).Continue(rules, metrics)),
            DelayGenerator = static arguments => ValueTask.FromResult<TimeSpan?>(Sequence(arguments.Context).Delay),
        };
        return new ResiliencePipelineBuilder<HttpResponseMessage> { Name = "mesh", InstanceName = service.Name, TimeProvider = clock.TimeProvider }
            .AddRetry(options)
            .ConfigureTelemetry(telemetry)
            .Build();
    }

    /// <summary>Repeats a call whose first attempt has failed and whose first retry is decided.</summary>
    public static async ValueTask RunAsync(AttemptRunner attempts, MeshCall call, TimeSpan delay)
    {
        var sequence = new RetrySequence(attempts, call, delay);
        var given = call.Request.GetResilienceContext();
        var context = given ?? ResilienceContextPool.Shared.Get(call.CallerToken);
        try
        {
            context.Properties.Set(SequenceKey, sequence);
            if (call.Request.GetRequestMetadata() is { } metadata)
            {
                context.Properties.Set(MetadataKey, metadata);
            }

            var outcome = await call.Policy.Retries.ExecuteOutcomeAsync(static (_, sequence) => sequence.NextAsync(), context, sequence).ConfigureAwait(false);
            if (outcome.Exception is { } error && !ReferenceEquals(error, call.Outcome.Error))
            {
                // Cancelled in the wait between two attempts, or a fault of somebody's listener: the call knows nothing of it, and its answer is disposed already.
                call.Outcome = new(error, error is OperationCanceledException && call.CallerToken.IsCancellationRequested ? OutcomeReason.CallerCancelled : OutcomeReason.Fault);
            }
        }
        finally
        {
            // Paid for and not sent: somebody cancelled in the wait before it.
            RetryRules.GiveBack(call);
            if (given is null)
            {
                ResilienceContextPool.Shared.Return(context);
            }
        }
    }

    private static RetrySequence Sequence(ResilienceContext context) => context.Properties.GetValue(SequenceKey, null!);
}
