namespace MeshLib.Testing;

/// <summary>Lets virtual time pass while a test waits.</summary>
public static class PassingTimeExtensions
{
    private static readonly TimeSpan ShortestStep = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan OrdinaryStep = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan Limit = TimeSpan.FromHours(1);

    // A step is at most this part of what has passed.
    private const int Fineness = 8;

    // An ordinary step is far below any time that a call has for an attempt. Later steps grow on, each this part of what has passed, or an hour would take too many: in the 30 s that a call has by default
    // none is as long as half of what it has for an attempt.
    private const int LaterFineness = 24;

    /// <summary>
    /// Lets virtual time pass, as little as need be, until a task has ended: <c>await client.GetAsync("/orders/7").WhileTimePasses(time.Advance)</c>. Back-offs, delays and time-outs
    /// are over in no time then. Nothing passes for a task that has ended already.
    /// </summary>
    /// <remarks>
    /// Time passes in steps of a millisecond, then of an eighth of what has passed up to 250 ms, later of a twenty-fourth, and only before a step the thread pool has come to rest: a call's work must not look like a slow instance. So the end
    /// is seen by a step too late. Where something else keeps the pool at work all the time, that is waited for once, for three seconds of real time, and work of the task which lasts longer than that may cost
    /// virtual time: assert what happened and in which order, and durations with room above. Work on threads outside of the pool is not seen;
    /// one of these moves the time, so that tests which run side by side do not take each other for work.
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
        if (!task.IsCompleted)
        {
            await ThreadPoolRest.RunAsync(pool => Pass(task, advance, pool)).ConfigureAwait(false);
        }

        await task.ConfigureAwait(false);
    }

    private static void Pass(Task task, Action<TimeSpan> advance, ThreadPoolRest pool)
    {
        var passed = TimeSpan.Zero;
        for (pool.Wait(task); !task.IsCompleted; pool.Wait(task))
        {
            if (passed >= Limit)
            {
                throw new TimeoutException("The task has not ended within an hour of virtual time. Does it wait for another time?");
            }

            var step = StepAfter(passed);
            advance(step);
            passed += step;
        }
    }

    private static TimeSpan StepAfter(TimeSpan passed)
    {
        var most = Longer(OrdinaryStep, passed / LaterFineness);
        var step = Longer(ShortestStep, passed / Fineness);
        return step < most ? step : most;
    }

    private static TimeSpan Longer(TimeSpan one, TimeSpan other) => one > other ? one : other;
}
