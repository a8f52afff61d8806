using Microsoft.Extensions.Logging;

namespace MeshLib;

internal sealed partial class EndpointWatch
{
    [LoggerMessage(100, LogLevel.Warning, "Discovery of {Service} failed; the endpoints known last stay in use and discovery is tried again.")]
    private static partial void LogFailed(ILogger logger, EndpointSetKey service, Exception exception);

    [LoggerMessage(101, LogLevel.Information, "Discovery of {Service} works again after {Failures} failure(s).")]
    private static partial void LogRecovered(ILogger logger, EndpointSetKey service, int failures);

    [LoggerMessage(102, LogLevel.Warning, "Discovery of {Service} gave {EndPoint}, which is no HTTP address; it is left out.")]
    private static partial void LogSkipped(ILogger logger, EndpointSetKey service, string endPoint);

    [LoggerMessage(103, LogLevel.Warning, "Discovery of {Service} gave {EndPoint}, which speaks plain text; what was asked for over TLS is not sent there. An address https+http:// allows both.")]
    private static partial void LogPlainText(ILogger logger, EndpointSetKey service, string endPoint);
}
