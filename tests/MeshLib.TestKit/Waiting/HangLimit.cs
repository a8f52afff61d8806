using System.Runtime.CompilerServices;

namespace MeshLib.TestKit;

/// <summary>
/// Turns a hang into a failure with a name. The limit says nothing about speed: it is far above anything that a busy machine with two cores needs.
/// </summary>
public static class HangLimit
{
    /// <summary>20 seconds.</summary>
    public static TimeSpan Default { get; } = TimeSpan.FromSeconds(20);

    /// <summary>Awaits <paramref name="task"/>, for at most <paramref name="limit"/>.</summary>
    /// <exception cref="TimeoutException">The task is still running after the limit.</exception>
    public static async Task WithinHangLimit(
        this Task task,
        TimeSpan? limit = null,
        [CallerArgumentExpression(nameof(task))] string? description = null)
    {
        ArgumentNullException.ThrowIfNull(task);
        await EndsInTimeAsync(task, limit ?? Default, description).ConfigureAwait(false);
        await task.ConfigureAwait(false);
    }

    /// <inheritdoc cref="WithinHangLimit(Task, TimeSpan?, string?)"/>
    public static async Task<T> WithinHangLimit<T>(
        this Task<T> task,
        TimeSpan? limit = null,
        [CallerArgumentExpression(nameof(task))] string? description = null)
    {
        ArgumentNullException.ThrowIfNull(task);
        await EndsInTimeAsync(task, limit ?? Default, description).ConfigureAwait(false);
        return await task.ConfigureAwait(false);
    }

    /// <inheritdoc cref="WithinHangLimit(Task, TimeSpan?, string?)"/>
    public static Task WithinHangLimit(this ValueTask task, TimeSpan? limit = null, [CallerArgumentExpression(nameof(task))] string? description = null) =>
        task.AsTask().WithinHangLimit(limit, description);

    /// <inheritdoc cref="WithinHangLimit(Task, TimeSpan?, string?)"/>
    public static Task<T> WithinHangLimit<T>(this ValueTask<T> task, TimeSpan? limit = null, [CallerArgumentExpression(nameof(task))] string? description = null) =>
        task.AsTask().WithinHangLimit(limit, description);

    private static async Task EndsInTimeAsync(Task task, TimeSpan limit, string? description)
    {
        // WaitAsync would throw a bare TimeoutException, which a test of time-outs could take for the one it expects.
        using var enough = new CancellationTokenSource();
        var alarm = Task.Delay(limit, TimeProvider.System, enough.Token);
        if (await Task.WhenAny(task, alarm).ConfigureAwait(false) == alarm)
        {
            throw new TimeoutException($"Hangs: {description} has not ended within {limit.TotalSeconds:0.###} s.");
        }

        await enough.CancelAsync().ConfigureAwait(false);
    }
}
