using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Http.Resilience;
using Polly;
using Polly.CircuitBreaker;

namespace MeshLib.TestKit.Headline;

/// <summary>The columns of the headline comparison.</summary>
public static class HeadlineColumns
{
    private const string Client = "orders";
    private const int ExpertThroughput = 10;
    private const double HalfFailing = 0.5;
    private static readonly TimeSpan ExpertDelay = TimeSpan.FromMilliseconds(50);

    /// <summary>What the Aspire template writes, with every option at its default.</summary>
    public static HeadlineColumn Today { get; } = new(
        "today, defaults",
        "`ConfigureHttpClientDefaults`: `AddStandardResilienceHandler()`, then `AddServiceDiscovery()`; no option set "
        + "(retry 3 × from 2 s, exponential with jitter; one breaker per client: 10 % of ≥ 100 calls in 30 s, open 5 s; attempt 10 s, total 30 s)",
        (services, immediateRetries) => AspireTemplate(services, options => Immediate(options, immediateRetries)));

    /// <summary>The same with the one option changed that helps most.</summary>
    public static HeadlineColumn TodayTuned { get; } = new(
        "today, one option",
        "the same with `CircuitBreaker.FailureRatio = 0.5`",
        (services, immediateRetries) => AspireTemplate(services, options =>
        {
            options.CircuitBreaker.FailureRatio = HalfFailing;
            Immediate(options, immediateRetries);
        }));

    /// <summary>The same packages, wired by someone who knows all of section 3 of the pitfalls.</summary>
    public static HeadlineColumn TodayExpert { get; } = new(
        "today, expert",
        "total time-out 30 s, retry (3 × from 50 ms, exponential with jitter, `BrokenCircuitException` handled too) outside `AddServiceDiscovery()` outside "
        + "a breaker per authority (50 % of ≥ 10 calls in 30 s, open 5 s) and an attempt time-out of 10 s",
        Expert);

    /// <summary>MeshLib with no option set.</summary>
    public static HeadlineColumn Mesh { get; } = new(
        "MeshLib",
        "`AddMeshClient(\"orders\")`; no option set",
        static (services, _) => services.AddMeshClient(Client));

    /// <summary>The columns, in the order of the table.</summary>
    public static IReadOnlyList<HeadlineColumn> All { get; } = [Today, TodayTuned, TodayExpert, Mesh];

    private static void Immediate(HttpStandardResilienceOptions options, bool immediateRetries)
    {
        if (immediateRetries)
        {
            options.Retry.Delay = TimeSpan.Zero;
        }
    }

    private static IHttpClientBuilder AspireTemplate(IServiceCollection services, Action<HttpStandardResilienceOptions> configure)
    {
        services.AddServiceDiscovery();
        services.ConfigureHttpClientDefaults(http =>
        {
            http.AddStandardResilienceHandler(configure);
            http.AddServiceDiscovery();
        });
        return services.AddHttpClient(Client, client => client.BaseAddress = new Uri("http://orders"));
    }

    private static IHttpClientBuilder Expert(IServiceCollection services, bool immediateRetries)
    {
        services.AddServiceDiscovery();
        var builder = services.AddHttpClient(Client, client =>
        {
            client.BaseAddress = new Uri("http://orders");
            client.Timeout = Timeout.InfiniteTimeSpan;
        });
        builder.AddResilienceHandler("call", pipeline => pipeline
            .AddTimeout(new HttpTimeoutStrategyOptions { Timeout = TimeSpan.FromSeconds(30) })
            .AddRetry(new HttpRetryStrategyOptions
            {
                Delay = immediateRetries ? TimeSpan.Zero : ExpertDelay,
                ShouldHandle = static arguments => ValueTask.FromResult(
                    HttpClientResiliencePredicates.IsTransient(arguments.Outcome) || arguments.Outcome.Exception is BrokenCircuitException),
            }));
        builder.AddServiceDiscovery();
        builder.AddResilienceHandler("instance", pipeline => pipeline
            .AddCircuitBreaker(new HttpCircuitBreakerStrategyOptions { FailureRatio = HalfFailing, MinimumThroughput = ExpertThroughput })
            .AddTimeout(new HttpTimeoutStrategyOptions { Timeout = TimeSpan.FromSeconds(10) }))
            .SelectPipelineByAuthority();
        return builder;
    }
}
