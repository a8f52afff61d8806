using System.Collections.Concurrent;
using Microsoft.Extensions.Http;
using Microsoft.Extensions.Http.Resilience;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace MeshLib;

/// <summary>What other packages have put into a mesh client's chain, and what of it cannot stay there. Everything is said once, whatever the number of clients and rotations.</summary>
internal sealed partial class ForeignHandlers(
    PipelineProbe probe,
    MeshPolicies policies,
    IOptionsMonitor<HttpStandardResilienceOptions> standard,
    IOptionsMonitor<HttpStandardHedgingResilienceOptions> hedging,
    ILogger<ForeignHandlers> logger)
{
    private const string ResolvingHandler = "Microsoft.Extensions.ServiceDiscovery.Http.ResolvingHttpDelegatingHandler";

    private readonly ConcurrentDictionary<string, bool> _said = [];

    /// <summary>
    /// Takes out Microsoft's resolving handler, which would turn the logical address into a physical one before the mesh sees it, and the handlers of Microsoft's
    /// standard and hedging pipelines, whose retries and one breaker per service would multiply with the mesh's. Any other resilience handler stays where it is.
    /// </summary>
    /// <returns>What was taken out: requests that the mesh does not govern still need it.</returns>
    public DisplacedHandlers TakeOut(HttpMessageHandlerBuilder builder)
    {
        var handlers = builder.AdditionalHandlers;
        var displaced = new DisplacedHandlers(
            [.. handlers.OfType<ResilienceHandler>().Where(handler => !Keeps(handler, builder.Name ?? ""))],
            [.. handlers.Where(static handler => handler.GetType().FullName == ResolvingHandler)]);
        foreach (var handler in displaced.Resilience.Concat(displaced.Resolving))
        {
            handlers.Remove(handler);
        }

        return displaced;
    }

    private bool Keeps(ResilienceHandler handler, string client)
    {
        var pipeline = probe.Look(handler);
        if (policies.KeepResilienceHandlers || handler.GetType() != typeof(ResilienceHandler) || !IsMicrosofts(pipeline, client, out var settings))
        {
            if ((pipeline.Repeater is not null || pipeline.Name is null) && _said.TryAdd($"kept {client} {pipeline.Name}", true))
            {
                LogRetriesOutside(logger, client, pipeline.Name ?? "of unknown name, without telemetry");
            }

            return true;
        }

        if (_said.TryAdd(pipeline.Name!, true))
        {
            LogTakenOut(logger, pipeline.Name!, client, settings);
        }

        return false;
    }

    /// <summary>
    /// Whether a pipeline is one that Microsoft's package registers: for this client or, with no client's name in front, for all. A user's own may be called "standard" too and
    /// then bears the very same name; but its repeating strategy is not the one that Microsoft's options of that name describe.
    /// </summary>
    private bool IsMicrosofts(PipelineIdentity pipeline, string client, out string settings)
    {
        settings = "hedging, its timeouts and its breaker per authority";
        if (pipeline.Name is not { } name)
        {
            return false;
        }

        switch (name.StartsWith(client + "-", StringComparison.Ordinal) ? name[client.Length..] : name)
        {
            case "-standard":
                var options = standard.Get(name);
                settings = FormattableString.Invariant(
                    $"total timeout {options.TotalRequestTimeout.Timeout}, attempt timeout {options.AttemptTimeout.Timeout}, {options.Retry.MaxRetryAttempts} retries, breaker at {options.CircuitBreaker.FailureRatio:P0} of {options.CircuitBreaker.MinimumThroughput}");
                return pipeline.Repeater == options.Retry.Name;
            case "-standard-hedging":
                return pipeline.Repeater == hedging.Get(name).Hedging.Name;

            // The inner half of hedging, which repeats nothing.
            case "-standard-hedging-endpoint":
                return pipeline.Repeater is null;
            default:
                return false;
        }
    }

    [LoggerMessage(400, LogLevel.Warning, "Microsoft's resilience pipeline '{Pipeline}' was taken out of the chain of mesh client '{Client}', and its settings are not used for its calls to services in mode Enforce: {Settings}. The mesh's policy (Mesh:Defaults, Mesh:Services) takes its place; calls in the modes Observe and Resolve, and requests that pass through the mesh, still go through it. Mesh:KeepResilienceHandlers keeps it for all.")]
    private static partial void LogTakenOut(ILogger logger, string pipeline, string client, string settings);

    [LoggerMessage(401, LogLevel.Warning, "The resilience pipeline '{Pipeline}' of mesh client '{Client}' may retry outside of the mesh: its attempts multiply with the mesh's and no budget counts them.")]
    private static partial void LogRetriesOutside(ILogger logger, string client, string pipeline);
}
