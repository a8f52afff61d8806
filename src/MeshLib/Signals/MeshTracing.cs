using System.Diagnostics;

namespace MeshLib;

/// <summary>One span per logical call with an event per attempt; the attempts' own spans are System.Net.Http's, children of it.</summary>
/// <param name="onListenerFault">Told of what a listener has thrown; a listener's fault must not become a call's.</param>
internal sealed class MeshTracing(Action<Exception> onListenerFault) : IDisposable
{
    public const string SourceName = "MeshLib";

    private readonly ActivitySource _source = new(SourceName);

    /// <param name="request">The call's request.</param>
    /// <param name="service">The service that is called.</param>
    /// <param name="begin">When the call began; the default for now.</param>
    public Activity? Start(HttpRequestMessage request, string service, DateTimeOffset begin)
    {
        if (!_source.HasListeners())
        {
            return null;
        }

        try
        {
            var activity = _source.StartActivity($"{request.Method.Method} {service}", ActivityKind.Internal, parentContext: default, startTime: begin);
            if (activity is { IsAllDataRequested: true })
            {
                activity.SetTag(MeshTags.PeerService, service);
                activity.SetTag(MeshTags.Method, request.Method.Method);
            }

            return activity;
        }
#pragma warning disable CA1031 // As in End.
        catch (Exception fault)
#pragma warning restore CA1031
        {
            onListenerFault(fault);
            return null;
        }
    }

    public static void AttemptEnded(Activity? activity, int attempt, MeshEndpoint endpoint, OutcomeReason reason)
    {
        if (activity is not { IsAllDataRequested: true })
        {
            return;
        }

        activity.AddEvent(new ActivityEvent("mesh.attempt", tags: new ActivityTagsCollection
        {
            [MeshTags.Attempt] = attempt,
            [MeshTags.Endpoint] = endpoint.ToString(),
            [MeshTags.Verdict] = reason.Verdict().ToString(),
            [MeshTags.Reason] = reason.Tag(),
        }));
    }

    public void End(Activity? activity, int attempts, OutcomeReason reason)
    {
        if (activity is null)
        {
            return;
        }

        activity.SetTag(MeshTags.Attempts, attempts);
        if (reason.Verdict() != Verdict.Success)
        {
            activity.SetTag(MeshTags.ErrorType, reason.Tag());

            // A caller who cancels has not met an error.
            activity.SetStatus(reason == OutcomeReason.CallerCancelled ? ActivityStatusCode.Unset : ActivityStatusCode.Error);
        }

        try
        {
            activity.Dispose();
        }
#pragma warning disable CA1031 // Listeners are foreign code, and run inside of the call.
        catch (Exception fault)
#pragma warning restore CA1031
        {
            onListenerFault(fault);
        }
    }

    public void Dispose() => _source.Dispose();
}
