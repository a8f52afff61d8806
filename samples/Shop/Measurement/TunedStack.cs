using Microsoft.Extensions.Http.Resilience;
using Polly;
using Polly.CircuitBreaker;

namespace Shop.Measurement;

/// <summary>The same packages, wired by an expert.</summary>
internal sealed class TunedStack : Stack
{
    private const double HalfFailing = 0.5;
    private const int EnoughCalls = 10;
    private static readonly TimeSpan Delay = TimeSpan.FromMilliseconds(50);

    public override string Name => "tuned";

    public override string Settings =>
        "total timeout 30 s, retry (3 × from 50 ms, exponential with jitter, BrokenCircuitException handled too) outside AddServiceDiscovery(), "
        + "outside a breaker per authority (50 % of at least 10 calls in 30 s, open 5 s) and an attempt timeout of 3 s";

    protected override void AddClient(IServiceCollection services)
    {
        services.AddServiceDiscovery();
        var builder = services.AddHttpClient(Client, client =>
        {
            client.BaseAddress = Service;
            client.Timeout = Timeout.InfiniteTimeSpan;
        });
        builder.AddResilienceHandler("call", pipeline => pipeline
            .AddTimeout(new HttpTimeoutStrategyOptions { Timeout = CallTimeout })
            .AddRetry(new HttpRetryStrategyOptions
            {
                Delay = Delay,
                ShouldHandle = static arguments => ValueTask.FromResult(
                    HttpClientResiliencePredicates.IsTransient(arguments.Outcome) || arguments.Outcome.Exception is BrokenCircuitException),
            }));
        builder.AddServiceDiscovery();
        builder.AddResilienceHandler("instance", pipeline => pipeline
            .AddCircuitBreaker(new HttpCircuitBreakerStrategyOptions { FailureRatio = HalfFailing, MinimumThroughput = EnoughCalls })
            .AddTimeout(new HttpTimeoutStrategyOptions { Timeout = AttemptTimeout }))
            .SelectPipelineByAuthority();
    }
}
