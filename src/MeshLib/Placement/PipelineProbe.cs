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
    /// <summary>The end of the name that Microsoft's package gives its standard pipeline, after the client's name.</summary>
    public const string StandardSuffix = "-standard";

    private const string HedgingSuffix = "-standard-hedging";
    private const string HedgingEndpointSuffix = "-standard-hedging-endpoint";
    private const string AttemptEvent = "ExecutionAttempt";

    private static readonly Uri Anywhere = new("https://localhost");

    private readonly AsyncLocal<Sighting?> _looking = new();

    public PipelineIdentity Look(ResilienceHandler handler)
    {
        var sighting = new Sighting();
        _looking.Value = sighting;
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, Anywhere);
            using var response = PipelineOf(handler)(request).Execute(static () => new HttpResponseMessage(HttpStatusCode.OK));
        }
#pragma warning disable CA1031 // A pipeline that cannot stand a made-up request, or another version of the handler, is a pipeline that is not recognised.
        catch (Exception)
#pragma warning restore CA1031
        {
        }
        finally
        {
            _looking.Value = null;
        }

        return new(sighting.Name, IsMicrosofts(sighting.Name), sighting.Retries);
    }

    public override void Write<TResult, TArgs>(in TelemetryEventArguments<TResult, TArgs> args)
    {
        if (_looking.Value is { } sighting)
        {
            sighting.Name ??= args.Source.PipelineName;
            sighting.Retries |= args.Event.EventName == AttemptEvent;
        }
    }

    private static bool IsMicrosofts(string? name) =>
        name is not null
        && (name.EndsWith(StandardSuffix, StringComparison.Ordinal)
            || name.EndsWith(HedgingSuffix, StringComparison.Ordinal)
            || name.EndsWith(HedgingEndpointSuffix, StringComparison.Ordinal));

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_pipelineProvider")]
    private static extern ref Func<HttpRequestMessage, ResiliencePipeline<HttpResponseMessage>> Provider(ResilienceHandler handler);

    private static Func<HttpRequestMessage, ResiliencePipeline<HttpResponseMessage>> PipelineOf(ResilienceHandler handler) => Provider(handler);

    private sealed class Sighting
    {
        public string? Name { get; set; }

        public bool Retries { get; set; }
    }
}

/// <summary>What is known of a resilience pipeline.</summary>
/// <param name="Name">Its name in Polly's telemetry; <see langword="null"/> when it reports nothing, so that nothing is known of it.</param>
/// <param name="IsMicrosofts">Whether it is Microsoft's standard or hedging pipeline.</param>
/// <param name="Retries">Whether it repeats requests.</param>
internal readonly record struct PipelineIdentity(string? Name, bool IsMicrosofts, bool Retries);
