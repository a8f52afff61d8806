namespace MeshLib.Testing;

/// <summary>
/// Tells when the thread pool has done what can be done now: nothing is queued, and no thread is at work. Work that runs is seen by that too, be it an application in memory or the compiler, which takes its time over
/// the code of a first call. Who asks has a thread of his own: tests that run side by side would see each other at work, and always, for one timer wakes all who wait.
/// </summary>
internal sealed class ThreadPoolRest
{
    // No less, so that what comes from elsewhere, such as a socket of this machine, has a chance.
    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(1);

    /// <summary>How long work is waited for in all, in real time: what a first call takes on a machine ten times as slow as most.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    /// <summary>How long it is waited for at a time when patience has run out.</summary>
    private static readonly TimeSpan Impatience = TimeSpan.FromMilliseconds(20);

    private TimeSpan _waited;

    // What has been under way through all of a wait: threads of other tests, or one that waits for the task itself. Nothing is to be learned from them.
    private int _strangers;

    /// <summary>Runs a loop that waits for the pool to rest, on a thread that is none of it.</summary>
    /// <param name="loop">The loop.</param>
    public static Task RunAsync(Action<ThreadPoolRest> loop) => Task.Factory.StartNew(
        () => loop(new ThreadPoolRest()), CancellationToken.None, TaskCreationOptions.LongRunning | TaskCreationOptions.RunContinuationsAsynchronously, TaskScheduler.Default);

    /// <summary>Waits for a moment at least, and then until the pool rests or there is no patience left.</summary>
    /// <param name="task">Waiting is over when it ends.</param>
    public void Wait(Task task)
    {
        var limit = Patience - _waited is var left && left > Impatience ? left : Impatience;
        var started = TimeProvider.System.GetTimestamp();
        var least = int.MaxValue;
        do
        {
            Task.WaitAny([task], Moment);
            least = Math.Min(least, WorkUnderWay());
        }
        while (!task.IsCompleted && least > _strangers && TimeProvider.System.GetElapsedTime(started) < limit);

        _waited += TimeProvider.System.GetElapsedTime(started);
        _strangers = least;
    }

    private static int WorkUnderWay()
    {
        ThreadPool.GetMaxThreads(out var most, out _);
        ThreadPool.GetAvailableThreads(out var available, out _);
        return (int)ThreadPool.PendingWorkItemCount + most - available;
    }
}
