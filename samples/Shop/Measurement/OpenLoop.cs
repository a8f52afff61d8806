namespace Shop.Measurement;

/// <summary>
/// Offers calls at the time they are due, whatever became of the earlier ones: a stack that stalls is not spared the load that its callers would have had.
/// </summary>
internal sealed class OpenLoop(HttpClient client, TimeProvider time)
{
    /// <summary>Runs until <paramref name="duration"/> has passed and <paramref name="incident"/> has been played, and every call has ended.</summary>
    public async Task RunAsync(TimeSpan duration, Task incident, CallRecorder recorder, CancellationToken cancellationToken)
    {
        var start = time.GetTimestamp();
        var calls = new List<Task>();
        foreach (var due in LoadPlan.Arrivals())
        {
            if (due >= duration && incident.IsCompleted)
            {
                break;
            }

            if (due - time.GetElapsedTime(start) is { Ticks: > 0 } early)
            {
                // Timers tick in milliseconds; rounding up never starts a call before it is due.
                await Task.Delay(TimeSpan.FromMilliseconds(Math.Ceiling(early.TotalMilliseconds)), time, cancellationToken);
            }

            calls.Add(CallAsync(calls.Count, start, due, recorder, cancellationToken));
        }

        await Task.WhenAll(calls);
    }

    private async Task CallAsync(int call, long start, TimeSpan due, CallRecorder recorder, CancellationToken cancellationToken)
    {
        recorder.Offer();
        try
        {
            using var response = await client.GetAsync(LoadPlan.Target(call), cancellationToken);
            if (response.IsSuccessStatusCode)
            {
                recorder.Succeed(time.GetElapsedTime(start) - due);
            }
            else
            {
                recorder.Fail(response);
            }
        }
#pragma warning disable CA1031 // Whatever a stack throws is its result.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            recorder.Fail(exception);
        }
    }
}
