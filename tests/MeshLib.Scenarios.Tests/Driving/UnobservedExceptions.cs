using System.Collections.Concurrent;

namespace MeshLib.Scenarios.Tests;

/// <summary>Collects what the process's tasks threw and nobody looked at, as far as the mesh was on the stack.</summary>
internal static class UnobservedExceptions
{
    private static readonly ConcurrentQueue<Exception> s_seen = new();

    static UnobservedExceptions() => TaskScheduler.UnobservedTaskException += static (_, unobserved) =>
    {
        var text = unobserved.Exception.ToString();
        if (text.Contains(" MeshLib.", StringComparison.Ordinal) && !text.Contains(" MeshLib.TestKit.", StringComparison.Ordinal))
        {
            s_seen.Enqueue(unobserved.Exception);
        }
    };

    /// <summary>Finalises what can be finalised and returns what was found so far.</summary>
    public static IReadOnlyCollection<Exception> Collect()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        return [.. s_seen];
    }
}
