using Microsoft.Extensions.Logging;

namespace MeshLib;

internal sealed partial class EndpointSet
{
    [LoggerMessage(200, LogLevel.Information, "The breaker of {Endpoint} ({Service}) is now {State}, after {Reason}.")]
    private static partial void LogBreakerChanged(ILogger logger, string service, string endpoint, BreakerState state, string reason);

    [LoggerMessage(201, LogLevel.Warning, "Panic {Change} for {Service}: {Healthy} of {Known} endpoints are healthy.")]
    private static partial void LogPanic(ILogger logger, string service, string change, int healthy, int known);
}
