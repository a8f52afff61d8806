namespace MeshLib;

/// <summary>Time and chance of one mesh: what a test or a simulation replaces.</summary>
/// <param name="Clock">Monotonic time.</param>
/// <param name="Random">Chance; safe for concurrent use in production (<c>Random.Shared</c>), seeded in tests.</param>
internal sealed record MeshEnvironment(MonotonicClock Clock, Random Random)
{
    /// <summary>
    /// Where work runs that must not hold up whoever causes it: foreign callbacks, waiters who are served, the watch loops. The thread pool; a simulation, which has one thread and
    /// must be the same each time, puts it in line behind what it is doing.
    /// </summary>
    public TaskScheduler Background { get; init; } = TaskScheduler.Default;

    /// <summary>How many processors the mesh's threads run on.</summary>
    public int Processors { get; init; } = Environment.ProcessorCount;
}
