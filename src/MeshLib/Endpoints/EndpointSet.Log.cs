using Microsoft.Extensions.Logging;

namespace MeshLib;

internal sealed partial class EndpointSet
{
    [LoggerMessage(200, LogLevel.Information, "The breaker of {Endpoint} ({Service}) is now {State}, after {Reason}.")]
    private static partial void LogBreakerChanged(ILogger logger, string service, string endpoint, BreakerState state, string reason);

    [LoggerMessage(204, LogLevel.Warning, "Nobody was there to ask for the instances of {Service}: no registry is added and no endpoint is given, so it is called at {Address}, by plain DNS. If that is not meant: AddConsul() or another discovery provider, AddEndpoints(\"{Service}\", ...) or Services:{Service}:http:0 in configuration; if it is, AddEndpoints with this address, or Mesh:Services:{Service}:External for a foreign host.")]
    private static partial void LogByPlainDns(ILogger logger, string service, Uri address);

    [LoggerMessage(205, LogLevel.Warning, "Discovery knows no instance of {Service}: calls to it fail until there is one. Is the name right?")]
    private static partial void LogNoInstance(ILogger logger, EndpointSetKey service);

    [LoggerMessage(201, LogLevel.Warning, "Panic {Change} for {Service}: {Healthy} of {Known} endpoints are healthy.")]
    private static partial void LogPanic(ILogger logger, string service, string change, int healthy, int known);
}
