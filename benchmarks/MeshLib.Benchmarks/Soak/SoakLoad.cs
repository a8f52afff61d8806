using System.Collections.Concurrent;

namespace MeshLib.Benchmarks;

/// <summary>An open loop: calls start at their time, however long the earlier ones take.</summary>
internal sealed class SoakLoad(IHttpClientFactory clients, double perSecond)
{
    private static readonly Uri Order = new("/orders/1", UriKind.Relative);
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(10);

    private readonly ConcurrentDictionary<string, int> _failures = new();
    private readonly long _started = TimeProvider.System.GetTimestamp();
    private volatile bool _resting;
    private int _open;
    private int _calls;
    private int _failed;
    private int _told;

    public int Calls => Volatile.Read(ref _calls);

    public int Failed => Volatile.Read(ref _failed);

    public TimeSpan Elapsed => TimeProvider.System.GetElapsedTime(_started);

    /// <summary>Calls that failed since this was asked last.</summary>
    public int TakeFailures()
    {
        var failed = Failed;
        return failed - Interlocked.Exchange(ref _told, failed);
    }

    /// <summary>How calls failed: a status or a type of exception, with its count.</summary>
    public IReadOnlyDictionary<string, int> Failures => _failures;

    /// <summary>Whether no calls begin for now.</summary>
    public bool IsResting
    {
        get => _resting;
        set => _resting = value;
    }

    /// <summary>Runs until <paramref name="end"/>, then waits for the calls under way.</summary>
    public async Task RunAsync(CancellationToken end)
    {
        var (due, before) = (0.0, TimeSpan.Zero);
        while (!end.IsCancellationRequested)
        {
            var elapsed = Elapsed;
            due += _resting ? 0 : (elapsed - before).TotalSeconds * perSecond;
            before = elapsed;
            for (; due >= 1; due--)
            {
                Interlocked.Increment(ref _open);
                _ = CallAsync();
            }

            await Task.Delay(Tick, TimeProvider.System, CancellationToken.None);
        }

        while (Volatile.Read(ref _open) > 0)
        {
            await Task.Delay(Tick, TimeProvider.System, CancellationToken.None);
        }
    }

    private async Task CallAsync()
    {
        try
        {
            // A new client each time, as the factory wants it: rotation of handlers is part of the soak.
            using var client = clients.CreateClient("orders");
            using var response = await client.GetAsync(Order);
            if (!response.IsSuccessStatusCode)
            {
                Fail(response.StatusCode.ToString());
            }
        }
#pragma warning disable CA1031 // Whatever a call throws is counted.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            Fail(exception.GetType().Name);
        }
        finally
        {
            Interlocked.Increment(ref _calls);
            Interlocked.Decrement(ref _open);
        }
    }

    private void Fail(string how)
    {
        Interlocked.Increment(ref _failed);
        _failures.AddOrUpdate(how, 1, static (_, count) => count + 1);
    }
}
