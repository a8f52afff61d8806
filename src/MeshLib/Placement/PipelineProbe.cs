using System.Net;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.Http.Resilience;
using Polly;
using Polly.Telemetry;

namespace MeshLib;

/// <summary>
/// Finds out what pipeline a resilience handler runs. The handler does not tell, but the pipeline's telemetry does: it is run once with an answer made up on the
/// spot, and the events name it.
/// </summary>
internal sealed class PipelineProbe : TelemetryListener
{
    private const string AttemptEvent = "ExecutionAttempt";

    private static readonly Uri Anywhere = new("https://localhost");

    private readonly AsyncLocal<Sighting?> _looking = new();

    public PipelineIdentity Look(ResilienceHandler handler)
    {
        var sighting = new Sighting();
        var context = ResilienceContextPool.Shared.Get();
        _looking.Value = sighting;
        try
        {
            // As the handler does: hedging takes the request from there.
            using var request = new HttpRequestMessage(HttpMethod.Get, Anywhere);
            context.SetRequestMessage(request);
            using var response = PipelineOf(handler)(request).Execute(static _ => new HttpResponseMessage(HttpStatusCode.OK), context);
        }
#pragma warning disable CA1031 // A pipeline that cannot stand a made-up request, or another version of the handler, is a pipeline that is not recognised.
        catch (Exception)
#pragma warning restore CA1031
        {
        }
        finally
        {
            _looking.Value = null;
            ResilienceContextPool.Shared.Return(context);
        }

        return new(sighting.Name, sighting.Repeater);
    }

    public override void Write<TResult, TArgs>(in TelemetryEventArguments<TResult, TArgs> args)
    {
        if (_looking.Value is { } sighting)
        {
            sighting.Name ??= args.Source.PipelineName;
            if (args.Event.EventName == AttemptEvent)
            {
                sighting.Repeater ??= args.Source.StrategyName ?? "";
            }
        }
    }

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_pipelineProvider")]
    private static extern ref Func<HttpRequestMessage, ResiliencePipeline<HttpResponseMessage>> Provider(ResilienceHandler handler);

    private static Func<HttpRequestMessage, ResiliencePipeline<HttpResponseMessage>> PipelineOf(ResilienceHandler handler) => Provider(handler);

    private sealed class Sighting
    {
        public string? Name { get; set; }

        public string? Repeater { get; set; }
    }
}

/// <summary>What is known of a resilience pipeline.</summary>
/// <param name="Name">Its name in Polly's telemetry; <see langword="null"/> when it reports nothing, so that nothing is known of it.</param>
/// <param name="Repeater">The name of the strategy that repeats requests; <see langword="null"/> when there is none.</param>
internal readonly record struct PipelineIdentity(string? Name, string? Repeater);
