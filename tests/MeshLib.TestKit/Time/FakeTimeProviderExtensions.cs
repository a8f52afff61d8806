using System.Runtime.CompilerServices;
using Microsoft.Extensions.Time.Testing;

namespace MeshLib.TestKit;

/// <summary>Drives virtual time for code whose continuations run on other threads.</summary>
public static class FakeTimeProviderExtensions
{
    /// <summary>
    /// Lets virtual time pass in steps until <paramref name="condition"/> holds. Between two steps the thread pool gets a moment, because a timer that is
    /// due at a step may only be set by a continuation of the step before.
    /// </summary>
    /// <exception cref="TimeoutException"><paramref name="limit"/> of virtual time has passed in vain.</exception>
    public static async Task AdvanceUntilAsync(
        this FakeTimeProvider time,
        Func<bool> condition,
        TimeSpan step,
        TimeSpan limit,
        [CallerArgumentExpression(nameof(condition))] string? description = null)
    {
        ArgumentNullException.ThrowIfNull(time);
        ArgumentNullException.ThrowIfNull(condition);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(step, TimeSpan.Zero);
        for (var passed = TimeSpan.Zero; !await HoldsSoonAsync(condition).ConfigureAwait(false); passed += step)
        {
            if (passed >= limit)
            {
                throw new TimeoutException($"Not true within {limit.TotalSeconds:0.###} s of virtual time: {description}");
            }

            time.Advance(step);
        }
    }

    /// <summary>Lets virtual time pass in steps until <paramref name="task"/> has ended, and returns it.</summary>
    public static async Task<T> AdvanceUntilEndedAsync<T>(this FakeTimeProvider time, Task<T> task, TimeSpan step, TimeSpan limit)
    {
        ArgumentNullException.ThrowIfNull(task);
        await time.AdvanceUntilAsync(() => task.IsCompleted, step, limit).ConfigureAwait(false);
        return await task.ConfigureAwait(false);
    }

    private static async Task<bool> HoldsSoonAsync(Func<bool> condition)
    {
        for (var round = 0; round < 3; round++)
        {
            if (condition())
            {
                return true;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System, CancellationToken.None).ConfigureAwait(false);
        }

        return condition();
    }
}
