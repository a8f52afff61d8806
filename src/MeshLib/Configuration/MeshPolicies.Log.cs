using Microsoft.Extensions.Logging;

namespace MeshLib;

internal sealed partial class MeshPolicies
{
    [LoggerMessage(300, LogLevel.Error, "The changed configuration of the mesh is not taken over, the last good one stays in force:\n{Problems}")]
    private static partial void LogRejected(ILogger logger, string problems);

    [LoggerMessage(301, LogLevel.Information, "The configuration of the mesh is good again and in force.")]
    private static partial void LogRecovered(ILogger logger);

    [LoggerMessage(303, LogLevel.Warning, "{Doubt}")]
    private static partial void LogDoubt(ILogger logger, string doubt);

    [LoggerMessage(302, LogLevel.Error, "A change of policies failed inside the mesh; calls go on with the policies they have.")]
    private static partial void LogFault(ILogger logger, Exception exception);
}
