using System.Runtime.CompilerServices;
using MeshLib.Testing;
using Microsoft.Extensions.Time.Testing;

namespace MeshLib.TestKit;

/// <summary>Drives virtual time for code whose continuations run on other threads.</summary>
public static class FakeTimeProviderExtensions
{
    /// <summary>
    /// Lets virtual time pass in steps until <paramref name="condition"/> holds. Before each step the thread pool comes to rest, because a timer that is due at a step may only be set by a continuation of the
    /// step before, however long the machine takes over it.
    /// </summary>
    /// <exception cref="TimeoutException"><paramref name="limit"/> of virtual time has passed in vain.</exception>
    public static Task AdvanceUntilAsync(
        this FakeTimeProvider time,
        Func<bool> condition,
        TimeSpan step,
        TimeSpan limit,
        [CallerArgumentExpression(nameof(condition))] string? description = null)
    {
        ArgumentNullException.ThrowIfNull(condition);
        return time.AdvanceAsync(condition, new TaskCompletionSource().Task, step, limit, description);
    }

    /// <summary>Lets virtual time pass in steps until <paramref name="task"/> has ended, and returns it.</summary>
    public static async Task<T> AdvanceUntilEndedAsync<T>(
        this FakeTimeProvider time, Task<T> task, TimeSpan step, TimeSpan limit, [CallerArgumentExpression(nameof(task))] string? description = null)
    {
        ArgumentNullException.ThrowIfNull(task);
        await time.AdvanceAsync(() => task.IsCompleted, task, step, limit, description).ConfigureAwait(false);
        return await task.ConfigureAwait(false);
    }

    private static Task AdvanceAsync(this FakeTimeProvider time, Func<bool> condition, Task task, TimeSpan step, TimeSpan limit, string? description)
    {
        ArgumentNullException.ThrowIfNull(time);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(step, TimeSpan.Zero);
        return condition() ? Task.CompletedTask : ThreadPoolRest.RunAsync(pool =>
        {
            var passed = TimeSpan.Zero;
            for (pool.Wait(task); !condition(); pool.Wait(task))
            {
                if (passed >= limit)
                {
                    throw new TimeoutException($"Not true within {limit.TotalSeconds:0.###} s of virtual time: {description}");
                }

                time.Advance(step);
                passed += step;
            }
        });
    }
}
