namespace MeshLib;

/// <summary>Starts work on <see cref="MeshEnvironment.Background"/>.</summary>
internal static class BackgroundWork
{
    // What the work awaits and completes is to go on as it would on the thread pool, so it must not see the scheduler that started it.
    private const TaskCreationOptions Detached = TaskCreationOptions.DenyChildAttach | TaskCreationOptions.HideScheduler;

    public static Task Run(this TaskScheduler background, Action work) => Task.Factory.StartNew(work, CancellationToken.None, Detached, background);

    /// <summary>Cancels <paramref name="source"/>. The thread pool's own way sets the token at once and leaves only the callbacks for later.</summary>
    public static Task Cancel(this TaskScheduler background, CancellationTokenSource source) => background == TaskScheduler.Default ? source.CancelAsync() : background.Run(source.Cancel);

    public static Task Run(this TaskScheduler background, Func<Task> work) => Task.Factory.StartNew(work, CancellationToken.None, Detached, background).Unwrap();
}
