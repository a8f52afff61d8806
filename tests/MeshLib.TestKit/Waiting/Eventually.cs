using System.Runtime.CompilerServices;

namespace MeshLib.TestKit;

/// <summary>
/// The one place where a test waits on the real clock: for a condition that another thread, a socket or the collector brings about.
/// It polls, so that the test goes on as soon as the condition holds, and gives up with a sentence instead of hanging.
/// </summary>
public static class Eventually
{
    private static readonly TimeSpan s_pollInterval = TimeSpan.FromMilliseconds(5);

    /// <summary>Completes once <paramref name="condition"/> holds.</summary>
    /// <param name="condition">Read repeatedly, from this flow only.</param>
    /// <param name="limit">How long to wait; <see cref="HangLimit.Default"/> when left out.</param>
    /// <param name="description">What was waited for; the condition's source text when left out.</param>
    /// <exception cref="TimeoutException">The condition still does not hold after <paramref name="limit"/>.</exception>
    public static async Task BecomesTrueAsync(
        Func<bool> condition,
        TimeSpan? limit = null,
        [CallerArgumentExpression(nameof(condition))] string? description = null)
    {
        ArgumentNullException.ThrowIfNull(condition);
        var allowed = limit ?? HangLimit.Default;
        var started = TimeProvider.System.GetTimestamp();
        while (!condition())
        {
            if (TimeProvider.System.GetElapsedTime(started) > allowed)
            {
                throw new TimeoutException($"Not true within {allowed.TotalSeconds:0.###} s: {description}");
            }

            await Task.Delay(s_pollInterval, TimeProvider.System, CancellationToken.None).ConfigureAwait(false);
        }
    }

    /// <summary>Completes once <paramref name="value"/> yields <paramref name="expected"/>; tells the last value otherwise.</summary>
    public static async Task EqualsAsync<T>(
        T expected,
        Func<T> value,
        TimeSpan? limit = null,
        [CallerArgumentExpression(nameof(value))] string? description = null)
    {
        ArgumentNullException.ThrowIfNull(value);
        var last = value();
        try
        {
            await BecomesTrueAsync(() => EqualityComparer<T>.Default.Equals(last = value(), expected), limit, description).ConfigureAwait(false);
        }
        catch (TimeoutException exception)
        {
            throw new TimeoutException($"{exception.Message}: expected {expected}, still {last}", exception);
        }
    }

    /// <summary>Collects garbage until <paramref name="condition"/> holds: for finalisers and weak references.</summary>
    public static Task BecomesTrueAfterCollectionAsync(
        Func<bool> condition,
        TimeSpan? limit = null,
        [CallerArgumentExpression(nameof(condition))] string? description = null)
    {
        ArgumentNullException.ThrowIfNull(condition);
        return BecomesTrueAsync(
            () =>
            {
                GC.Collect();
                GC.WaitForPendingFinalizers();
                return condition();
            },
            limit,
            description);
    }
}
