namespace MeshLib.Testing;

/// <summary>Lets virtual time pass while a test waits.</summary>
public static class PassingTimeExtensions
{
    private static readonly TimeSpan ShortestStep = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan Limit = TimeSpan.FromHours(1);
    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(1);

    // A step is this part of what has passed: a wait of half a minute takes some 80 steps.
    private const int Fineness = 8;

    // How long a busy thread pool is waited for: tests that run beside this one may keep it busy all the time.
    private const int MostMoments = 20;

    /// <summary>
    /// Lets virtual time pass, as little as need be, until a task has ended: <c>await client.GetAsync("/orders/7").WhileTimePasses(time.Advance)</c>. Back-offs, delays and time-outs
    /// are over in no time then. Nothing passes for a task that has ended already.
    /// </summary>
    /// <remarks>
    /// Time passes in steps of a millisecond, later of an eighth of what has passed, and before each of them the thread pool gets a moment to do what is to be done: a call's work must not
    /// look like a slow instance. So the end is seen by an eighth too late, and by a few of them on a busy machine: assert what happened and in which order, and durations with room above.
    /// </remarks>
    /// <typeparam name="T">What the task yields.</typeparam>
    /// <param name="task">The task, which waits on that time.</param>
    /// <param name="advance">Moves it, such as <c>FakeTimeProvider.Advance</c>.</param>
    /// <exception cref="TimeoutException">An hour of that time has passed in vain.</exception>
    public static async Task<T> WhileTimePasses<T>(this Task<T> task, Action<TimeSpan> advance)
    {
        await ((Task)task).WhileTimePasses(advance).ConfigureAwait(false);
        return await task.ConfigureAwait(false);
    }

    /// <inheritdoc cref="WhileTimePasses{T}(Task{T}, Action{TimeSpan})"/>
    public static async Task WhileTimePasses(this Task task, Action<TimeSpan> advance)
    {
        ArgumentNullException.ThrowIfNull(task);
        ArgumentNullException.ThrowIfNull(advance);
        var passed = TimeSpan.Zero;
        while (!await EndsByItselfAsync(task).ConfigureAwait(false))
        {
            if (passed >= Limit)
            {
                throw new TimeoutException("The task has not ended within an hour of virtual time. Does it wait for another time?");
            }

            var step = passed / Fineness > ShortestStep ? passed / Fineness : ShortestStep;
            advance(step);
            passed += step;
        }

        await task.ConfigureAwait(false);
    }

    private static async Task<bool> EndsByItselfAsync(Task task)
    {
        for (var moment = 0; !task.IsCompleted && moment < MostMoments; moment++)
        {
            await Task.WhenAny(task, Task.Delay(Moment, TimeProvider.System, CancellationToken.None)).ConfigureAwait(false);
            if (ThreadPool.PendingWorkItemCount == 0)
            {
                break;
            }
        }

        return task.IsCompleted;
    }
}
