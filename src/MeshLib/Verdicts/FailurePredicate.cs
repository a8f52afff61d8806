using Microsoft.Extensions.Logging;

namespace MeshLib;

/// <summary>The application's own word on which answers of a service are failures although their status says otherwise.</summary>
internal sealed partial class FailurePredicate(FailurePredicateRegistration registration, MeshMetrics metrics, ILogger logger)
{
    private int _faulted;

    /// <summary>Whether <paramref name="response"/> is a failure. A predicate that throws has no say, which is counted, and logged once.</summary>
    public bool IsFailure(HttpResponseMessage response)
    {
        try
        {
            return registration.IsFailure(response);
        }
#pragma warning disable CA1031 // The user's code.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            metrics.InternalError(registration.Service, "predicate");
            if (Interlocked.Exchange(ref _faulted, 1) == 0)
            {
                LogFailed(logger, registration.Service, exception);
            }

            return false;
        }
    }

    [LoggerMessage(211, LogLevel.Error, "The failure predicate of {Service} failed; answers are judged by their status while it does.")]
    private static partial void LogFailed(ILogger logger, string service, Exception exception);
}
