namespace MeshLib;

/// <summary>Starts work on <see cref="MeshEnvironment.Background"/>.</summary>
internal static class BackgroundWork
{
    // What the work awaits and completes is to go on as it would on the thread pool, so it must not see the scheduler that started it.
    private const TaskCreationOptions Detached = TaskCreationOptions.DenyChildAttach | TaskCreationOptions.HideScheduler;

    public static Task Run(this TaskScheduler background, Action work) => Task.Factory.StartNew(work, CancellationToken.None, Detached, background);

    public static Task Run(this TaskScheduler background, Func<Task> work) => Task.Factory.StartNew(work, CancellationToken.None, Detached, background).Unwrap();
}
