namespace MeshLib.Consul;

/// <summary>
/// The watches of a host: one per query, started with its first user, ended a minute after its last, and all of them at once with the host. Its
/// lock guards a table, never a request or a callback.
/// </summary>
internal sealed class WatchRegistry(WatchContext context) : IDisposable, IAsyncDisposable
{
    private static readonly TimeSpan IdleLimit = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan SweepPeriod = TimeSpan.FromSeconds(15);

    // Steps of the golden ratio fill a circle more evenly than chance does, at any number of steps (Knuth, TAOCP 3, 6.4).
    private const double GoldenStep = 0.6180339887498949;

    private readonly Lock _lock = new();
    private readonly Dictionary<HealthQuery, Entry> _watches = [];
    private ITimer? _sweep;
    private double _slot = context.Random.NextDouble();
    private bool _disposed;

    /// <summary>How many watches run.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _watches.Count;
            }
        }
    }

    /// <summary>Joins the watch of <paramref name="query"/>, or starts it.</summary>
    /// <exception cref="ConsulException">As many services are watched as the options allow.</exception>
    public WatchHandle Acquire(HealthQuery query)
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (!_watches.TryGetValue(query, out var entry))
            {
                MakeRoom_NeedsLock(query);
                entry = Start_NeedsLock(query);
            }

            entry.Users++;
            return new WatchHandle(entry.Watch, () => Release(entry));
        }
    }

    public void Dispose() => _ = EndAll();

    public async ValueTask DisposeAsync() => await Task.WhenAll(EndAll()).ConfigureAwait(false);

    private void MakeRoom_NeedsLock(HealthQuery query)
    {
        if (_watches.Count < context.Options.MaxWatches)
        {
            return;
        }

        var idle = _watches.Values.Where(entry => entry.Users == 0).MinBy(entry => entry.IdleSince)
            ?? throw new ConsulException(
                ConsulFailure.Rejected,
                $"'{query.Service}' cannot be looked up in Consul: {_watches.Count} services are watched already (Mesh:Consul:MaxWatches).");
        _watches.Remove(idle.Watch.Query);
        _ = idle.EndAsync();
    }

    private Entry Start_NeedsLock(HealthQuery query)
    {
        _slot = (_slot + GoldenStep) % 1;
        var entry = new Entry(new ServiceWatch(query, context, _slot));
        _watches.Add(query, entry);
        entry.Start();
        _sweep ??= context.Time.CreateTimer(static state => ((WatchRegistry)state!).Sweep(), this, SweepPeriod, SweepPeriod);
        return entry;
    }

    private void Release(Entry entry)
    {
        lock (_lock)
        {
            entry.Users--;
            entry.IdleSince = context.Clock.Now();
        }
    }

    private void Sweep()
    {
        lock (_lock)
        {
            var now = context.Clock.Now();
            foreach (var (query, entry) in _watches)
            {
                if (entry.Users == 0 && context.Clock.Between(entry.IdleSince, now) >= IdleLimit)
                {
                    _watches.Remove(query);
                    _ = entry.EndAsync();
                }
            }
        }
    }

    private List<Task> EndAll()
    {
        List<Entry> ended;
        lock (_lock)
        {
            _disposed = true;
            ended = [.. _watches.Values];
            _watches.Clear();
            _sweep?.Dispose();
        }

        return ended.ConvertAll(entry => entry.EndAsync());
    }

    /// <summary>A watch, its users and its loop.</summary>
    private sealed class Entry(ServiceWatch watch) : IDisposable
    {
        private readonly CancellationTokenSource _end = new();
        private Task _loop = Task.CompletedTask;

        public ServiceWatch Watch => watch;

        public int Users { get; set; }

        public long IdleSince { get; set; }

        // The first caller's ambient state (its activity, its deadline) must not live on in a loop that serves everyone.
        public void Start()
        {
            var suppressed = ExecutionContext.IsFlowSuppressed() ? default : ExecutionContext.SuppressFlow();
            using (suppressed)
            {
                _loop = Task.Run(() => watch.RunAsync(_end.Token), CancellationToken.None);
            }
        }

        // Cancelling runs callbacks of sockets and timers, which CancelAsync keeps away from the caller's lock.
        public async Task EndAsync()
        {
            await _end.CancelAsync().ConfigureAwait(false);
            await _loop.ConfigureAwait(false);
            Dispose();
        }

        public void Dispose() => _end.Dispose();
    }
}
