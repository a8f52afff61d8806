namespace MeshLib;

/// <summary>Makes the checks that are due, of all endpoint sets of a mesh together, and so many at once at most that a fleet which hangs does not take all of a process's sockets.</summary>
internal sealed class HealthChecker(HealthCheckTransport transport, MeshEnvironment environment) : IAsyncDisposable
{
    internal const int MostAtOnce = 64;

    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _gate = new();
    private readonly Queue<EndpointSet> _waiting = [];
    private TaskCompletionSource? _idle;
    private int _running;

    /// <summary>Checks under way.</summary>
    public int Running => Volatile.Read(ref _running);

    /// <summary>Begins those checks of <paramref name="set"/> that are due.</summary>
    public void Begin(EndpointSet set)
    {
        lock (_gate)
        {
            if (_stop.IsCancellationRequested)
            {
                return;
            }

            if (!_waiting.Contains(set))
            {
                _waiting.Enqueue(set);
            }

            BeginWaiting();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        var idle = Task.CompletedTask;
        lock (_gate)
        {
            if (_running > 0)
            {
                idle = (_idle ??= new(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
            }
        }

        await idle.ConfigureAwait(false);
        _stop.Dispose();
    }

    // A set in turn for each place, so that one whose endpoints hang does not keep the others waiting.
    private void BeginWaiting()
    {
        while (_running < MostAtOnce && _waiting.TryDequeue(out var set))
        {
            var (endpoints, settings) = set.BeginChecks(MostAtOnce - _running, environment.Clock.Now());
            foreach (var endpoint in endpoints)
            {
                _running++;
                _ = environment.Background.Run(() => CheckAsync(set, endpoint, settings));
            }

            if (_running == MostAtOnce)
            {
                // It may have more than there were places for.
                _waiting.Enqueue(set);
            }
        }
    }

    private async Task CheckAsync(EndpointSet set, MeshEndpoint endpoint, HealthCheckSettings settings)
    {
        try
        {
            var passed = await transport.PassesAsync(endpoint, settings, _stop.Token).ConfigureAwait(false);
            if (!_stop.IsCancellationRequested)
            {
                set.EndCheck(endpoint, passed);
            }
        }
        finally
        {
            lock (_gate)
            {
                _running--;
                if (_stop.IsCancellationRequested)
                {
                    _waiting.Clear();
                }

                BeginWaiting();
                if (_running == 0)
                {
                    _idle?.TrySetResult();
                }
            }
        }
    }
}
