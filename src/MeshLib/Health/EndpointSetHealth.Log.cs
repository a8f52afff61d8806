using Microsoft.Extensions.Logging;

namespace MeshLib;

internal sealed partial class EndpointSetHealth
{
    [LoggerMessage(206, LogLevel.Warning, "{Endpoint} ({Service}) is ejected for {Seconds} s, by its {Reason}: {Failures} of {Calls} calls failed there, while {Mean:P1} of its peers' succeed on average.")]
    private static partial void LogEjected(ILogger logger, string service, string endpoint, double seconds, string reason, uint failures, uint calls, double mean);

    [LoggerMessage(207, LogLevel.Information, "{Endpoint} ({Service}) gets calls again: {Why}.")]
    private static partial void LogReturned(ILogger logger, string service, string endpoint, string why);

    [LoggerMessage(208, LogLevel.Information, "{Endpoint} ({Service}) announces that it will be away for {Seconds} s and gets no new calls.")]
    private static partial void LogAnnounced(ILogger logger, string service, string endpoint, double seconds);

    [LoggerMessage(209, LogLevel.Warning, "{Endpoint} ({Service}) is unhealthy by the mesh's own checks.")]
    private static partial void LogUnhealthy(ILogger logger, string service, string endpoint);

    [LoggerMessage(210, LogLevel.Warning, "{Endpoint} ({Service}) was taken out by hand: {State}.")]
    private static partial void LogTakenOut(ILogger logger, string service, string endpoint, EndpointState state);
}
