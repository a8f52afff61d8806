using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;

namespace MeshLib;

/// <summary>What metric and trace listeners have thrown: said once, because the next call would throw again.</summary>
internal sealed partial class ListenerFaults(ILogger<ListenerFaults> logger)
{
    private int _said;

    public void Note(Exception fault)
    {
        if (Interlocked.Exchange(ref _said, 1) == 0)
        {
            LogFault(logger, fault);
        }
    }

    /// <summary>Adds to a counter, whose listeners are foreign code and run inside of the caller.</summary>
    public void Count(Counter<long> counter, long by, params ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        if (counter.Enabled)
        {
            try
            {
                counter.Add(by, tags);
            }
#pragma warning disable CA1031 // A listener's fault must not become the caller's.
            catch (Exception fault)
#pragma warning restore CA1031
            {
                Note(fault);
            }
        }
    }

    [LoggerMessage(520, LogLevel.Warning, "A listener of the mesh's metrics or traces threw an exception; calls go on without it. Further ones are not logged.")]
    private static partial void LogFault(ILogger logger, Exception exception);
}
