namespace MeshLib;

/// <summary>Makes the checks that are due, of all endpoint sets of a mesh together, and so many at once at most that a fleet which hangs does not take all of a process's sockets.</summary>
internal sealed class HealthChecker(HealthCheckTransport transport, MonotonicClock clock) : IAsyncDisposable
{
    internal const int MostAtOnce = 64;

    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _gate = new();
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

            foreach (var endpoint in set.BeginChecks(MostAtOnce - _running, clock.Now()))
            {
                _running++;
                _ = CheckAsync(set, endpoint);
            }
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

    private async Task CheckAsync(EndpointSet set, MeshEndpoint endpoint)
    {
        // The beat that begins it has others to begin.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        var settings = set.Service.Policy.HealthCheck;
        var passed = await transport.PassesAsync(AddressOf(endpoint, settings), endpoint.HostName, settings.Timeout, _stop.Token).ConfigureAwait(false);
        if (!_stop.IsCancellationRequested)
        {
            set.EndCheck(endpoint, passed);
        }

        bool wasFull;
        lock (_gate)
        {
            wasFull = _running-- == MostAtOnce;
            if (_running == 0)
            {
                _idle?.TrySetResult();
            }
        }

        // Others may have had to wait for this one's place.
        if (wasFull)
        {
            Begin(set);
        }
    }

    private static Uri AddressOf(MeshEndpoint endpoint, HealthCheckSettings settings)
    {
        var address = new Uri(endpoint.Prefix + settings.Path);
        return settings.Port == 0 ? address : new UriBuilder(address) { Port = settings.Port }.Uri;
    }
}
