using Microsoft.Extensions.Logging;

namespace MeshLib;

internal sealed partial class MeshPolicies
{
    [LoggerMessage(300, LogLevel.Error, "The configuration of the mesh is not taken over as it stands; in place of what follows the last good one stays in force, and modes are taken over all the same:\n{Problems}")]
    private static partial void LogRejected(ILogger logger, string problems);

    [LoggerMessage(301, LogLevel.Information, "The configuration of the mesh is good again and in force.")]
    private static partial void LogRecovered(ILogger logger);

    [LoggerMessage(303, LogLevel.Warning, "{Doubt}")]
    private static partial void LogDoubt(ILogger logger, string doubt);

    [LoggerMessage(302, LogLevel.Error, "A change of policies failed inside the mesh; calls go on with the policies they have.")]
    private static partial void LogFault(ILogger logger, Exception exception);
}
