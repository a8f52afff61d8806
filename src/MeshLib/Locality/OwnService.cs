using Microsoft.Extensions.Logging;
using Microsoft.Extensions.ServiceDiscovery;

namespace MeshLib;

/// <summary>
/// What this process knows of its own service: where its instances are and which of them it is. The watch begins when somebody wants to know, which a process that calls neither services in several zones nor
/// large ones never does.
/// </summary>
internal sealed partial class OwnService : IEndpointConsumer, IAsyncDisposable
{
    private static readonly TimeSpan FirstBackoff = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestBackoff = TimeSpan.FromMinutes(1);

    private readonly LocalInstance _self;
    private readonly EndpointSources _sources;
    private readonly WatchSettings _watching;
    private readonly IZoneSource[] _zoneSources;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _lock = new();
    private IReadOnlyList<DiscoveredEndpoint>? _instances;
    private EndpointWatch? _watch;
    private Task _search = Task.CompletedTask;
    private string? _foundZone;
    private bool _begun;
    private bool _sought;
    private int _saidUnknown;
    private volatile Standpoint _standpoint;

    public OwnService(LocalInstance self, EndpointSources sources, WatchSettings watching, IEnumerable<IZoneSource> zoneSources, ILogger<OwnService> logger)
    {
        _self = self;
        _sources = sources;
        _watching = watching;
        _zoneSources = [.. zoneSources];
        _logger = logger;
        _sought = self.Zone is null && _zoneSources.Length > 0;
        _standpoint = Standpoint.Of(self, null, _sought, null);
    }

    /// <summary>Raised after <see cref="Standpoint"/> has changed, by whoever changed it.</summary>
    public event Action? Changed;

    /// <summary>What is known so far.</summary>
    public Standpoint Standpoint => _standpoint;

    /// <summary>What is known so far, and has the rest found out.</summary>
    public Standpoint Look()
    {
        if (!Volatile.Read(ref _begun))
        {
            Begin();
        }

        return _standpoint;
    }

    /// <summary>The instances of <paramref name="service"/> run in zones, and that of this process is not known: said once.</summary>
    public void NoteZoneUnknown(string service)
    {
        if (Interlocked.Exchange(ref _saidUnknown, 1) == 0)
        {
            LogZoneUnknown(_logger, service);
        }
    }

    public void Publish(EndpointUpdate update)
    {
        lock (_lock)
        {
            _instances = update.Endpoints;
        }

        Reconsider();
    }

    public void Fail(Exception problem)
    {
        // What was known last is the best that there is.
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        EndpointWatch? watch;
        lock (_lock)
        {
            _begun = true;
            watch = _watch;
        }

        await _search.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (watch is not null)
        {
            await watch.DisposeAsync().ConfigureAwait(false);
        }

        _stop.Dispose();
    }

    private void Begin()
    {
        lock (_lock)
        {
            if (_begun)
            {
                return;
            }

            if (_self.Service is { } name && ServiceEndpointQuery.TryParse($"http://{name}", out var query))
            {
                _watch = Watch(name, query);
            }

            if (_sought)
            {
                using (ExecutionContext.SuppressFlow())
                {
                    _search = _watching.Environment.Background.Run(SearchAsync);
                }
            }

            Volatile.Write(ref _begun, true);
        }
    }

    private EndpointWatch? Watch(string name, ServiceEndpointQuery query)
    {
        try
        {
            return new EndpointWatch(new("http", name.ToLowerInvariant(), -1), _sources.Create(query), this, _watching, _logger);
        }
#pragma warning disable CA1031 // Whatever a factory's trouble is: that the own service is not known must not fail those that are called.
        catch (Exception fault)
#pragma warning restore CA1031
        {
            LogNotWatched(_logger, name, fault);
            return null;
        }
    }

    private async Task SearchAsync()
    {
        string? zone = null;
        foreach (var source in _zoneSources)
        {
            zone ??= await AskAsync(source).ConfigureAwait(false);
        }

        lock (_lock)
        {
            (_foundZone, _sought) = (zone, false);
        }

        Reconsider();
    }

    private async Task<string?> AskAsync(IZoneSource source)
    {
        for (var failures = 0; ; failures++)
        {
            try
            {
                return await source.FindZoneAsync(_stop.Token).ConfigureAwait(false);
            }
#pragma warning disable CA1031 // Whatever the source's trouble is: nothing depends on the zone but how short the ways are.
            catch (Exception fault) when (!_stop.IsCancellationRequested)
#pragma warning restore CA1031
            {
                LogZoneNotAnswered(_logger, fault.Message);
                await Task.Delay(Backoff.Next(failures, FirstBackoff, LongestBackoff, _watching.Random), _watching.Clock.TimeProvider, _stop.Token).ConfigureAwait(false);
            }
        }
    }

    private void Reconsider()
    {
        lock (_lock)
        {
            var standpoint = Standpoint.Of(_self, _foundZone, _sought, _instances);
            if (standpoint == _standpoint)
            {
                return;
            }

            _standpoint = standpoint;
        }

        Changed?.Invoke();
    }

    [LoggerMessage(220, LogLevel.Information, "Instances of {Service} run in zones, and the zone of this process is not known, so that calls go to all zones alike. Mesh:Zone or MESH_ZONE names it, or 'zone' in the metadata of the Consul agent's node.")]
    private static partial void LogZoneUnknown(ILogger logger, string service);

    [LoggerMessage(224, LogLevel.Warning, "The instances of {Service}, to which this process belongs, cannot be watched, so that its callers are taken to be in all zones alike.")]
    private static partial void LogNotWatched(ILogger logger, string service, Exception exception);

    [LoggerMessage(221, LogLevel.Debug, "The zone of this process could not be asked for; it is tried again. {Problem}")]
    private static partial void LogZoneNotAnswered(ILogger logger, string problem);
}
