using Microsoft.Extensions.Logging;

namespace MeshLib;

internal sealed partial class MeshServices
{
    [LoggerMessage(310, LogLevel.Information, "The endpoints of {Service} are no longer watched: nobody called it for a while.")]
    private static partial void LogDropped(ILogger logger, EndpointSetKey service);

    [LoggerMessage(311, LogLevel.Warning, "The mesh is in mode {Mode} (Enforce does everything, Observe changes no outcome, Resolve only finds endpoints).")]
    private static partial void LogMode(ILogger logger, MeshMode mode);

    [LoggerMessage(312, LogLevel.Warning, "{Service} is in mode {Mode}.")]
    private static partial void LogModeOfService(ILogger logger, string service, MeshMode mode);

    [LoggerMessage(313, LogLevel.Error, "The endpoints of {Service} could not be taken care of at this moment; the next try is in a second. Counted in mesh.internal_errors, and logged once.")]
    private static partial void LogBeatFailed(ILogger logger, string service, Exception exception);
}
