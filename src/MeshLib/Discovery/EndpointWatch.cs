using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Primitives;

namespace MeshLib;

/// <summary>
/// Keeps one endpoint set up to date: one loop per set, which asks every provider, hands on whole answers, and waits for a change token, for the poll period where a
/// provider gives none, or for the back-off after an error. It never forgets a good list and never blocks a call.
/// </summary>
internal sealed partial class EndpointWatch : IAsyncDisposable
{
    // A flapping registry is coalesced, while a single change still goes through at once.
    private static readonly TimeSpan MinimumInterval = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan FirstBackoff = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestBackoff = TimeSpan.FromSeconds(5);

    private readonly EndpointSetKey _key;
    private readonly IReadOnlyList<EndpointSource> _sources;
    private readonly IEndpointConsumer _consumer;
    private readonly WatchSettings _settings;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _loop;
    private TaskCompletionSource _wake = NewWake();

    public EndpointWatch(EndpointSetKey key, IReadOnlyList<EndpointSource> sources, IEndpointConsumer consumer, WatchSettings settings, ILogger logger)
    {
        _key = key;
        _sources = sources;
        _consumer = consumer;
        _settings = settings;
        _logger = logger;

        // The loop outlives the request that caused it: nothing ambient (deadline, activity) may travel along.
        using (ExecutionContext.SuppressFlow())
        {
            _loop = settings.Environment.Background.Run(RunAsync);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _loop.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        foreach (var source in _sources)
        {
            await source.Provider.DisposeAsync().ConfigureAwait(false);
        }

        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        var failures = 0;
        while (!_stop.IsCancellationRequested)
        {
            // Taken before the providers are asked, so that a change during the refresh is acted on after it.
            var wake = NewWake();
            Volatile.Write(ref _wake, wake);
            var started = _settings.Clock.Now();
            var tokens = new List<IChangeToken>();
            TimeSpan wait;
            try
            {
                var polled = await RefreshAsync(tokens).ConfigureAwait(false);
                if (failures > 0)
                {
                    LogRecovered(_logger, _key, failures);
                    failures = 0;
                }

                wait = polled ? _settings.RefreshPeriod : Timeout.InfiniteTimeSpan;
            }
            catch (OperationCanceledException) when (_stop.IsCancellationRequested)
            {
                return;
            }
#pragma warning disable CA1031 // A provider's fault, whatever it is, costs freshness and never the watch.
            catch (Exception exception)
#pragma warning restore CA1031
            {
                wait = Backoff.Next(failures, FirstBackoff, LongestBackoff, _settings.Random);
                if (failures++ == 0)
                {
                    LogFailed(_logger, _key, exception);
                }

                _consumer.Fail(exception);
            }

            await WaitAsync(tokens, wake, wait, started).ConfigureAwait(false);
        }
    }

    /// <summary>Asks the providers and hands on what they say, which ends with this method: the wait for the next change keeps none of it.</summary>
    /// <param name="tokens">Gets the providers' change tokens, also where one of them fails.</param>
    /// <returns>Whether any of them has to be asked again without having said that something has changed.</returns>
    private async Task<bool> RefreshAsync(List<IChangeToken> tokens)
    {
        var collector = new EndpointCollector(tokens);
        var (authoritative, polled) = (false, false);
        foreach (var source in _sources)
        {
            // What is configured is the whole answer: it is how an operator overrules a registry.
            if (source.IsRegistry && !authoritative && collector.Endpoints.Count > 0)
            {
                break;
            }

            var before = tokens.Count;
            await source.Provider.PopulateAsync(collector, _stop.Token).ConfigureAwait(false);
            authoritative |= source.IsRegistry;

            // One provider's token says nothing about another's changes.
            polled |= !tokens.Skip(before).Any(static token => token.ActiveChangeCallbacks);
        }

        _consumer.Publish(ToUpdate(collector, authoritative));
        return polled;
    }

    private async Task WaitAsync(List<IChangeToken> tokens, TaskCompletionSource wake, TimeSpan wait, long started)
    {
        var registrations = tokens
            .Where(static token => token.ActiveChangeCallbacks)
            .Select(token => token.RegisterChangeCallback(static state => ((TaskCompletionSource)state!).TrySetResult(), wake))
            .ToArray();
        try
        {
            await wake.Task.WaitAsync(wait, _settings.Clock.TimeProvider, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            var pause = MinimumInterval - _settings.Clock.Between(started, _settings.Clock.Now());
            if (pause > TimeSpan.Zero)
            {
                await Task.Delay(pause, _settings.Clock.TimeProvider, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
        finally
        {
            foreach (var registration in registrations)
            {
                registration.Dispose();
            }
        }
    }

    private EndpointUpdate ToUpdate(EndpointCollector collector, bool authoritative)
    {
        var scheme = _key.Scheme.Split('+')[0];
        var endpoints = new List<DiscoveredEndpoint>(collector.Endpoints.Count);
        foreach (var endpoint in collector.Endpoints)
        {
            if (DiscoveredEndpoint.From(endpoint, scheme, _key.Port) is not { } discovered)
            {
                LogSkipped(_logger, _key, DiscoveredEndpoint.Describe(endpoint));
            }
            else if (discovered.Address.Scheme == Uri.UriSchemeHttp && _key.Scheme == Uri.UriSchemeHttps)
            {
                LogPlainText(_logger, _key, DiscoveredEndpoint.Describe(endpoint));
            }
            else
            {
                endpoints.Add(discovered);
            }
        }

        // Who gave something knows the service, be it that nothing of it is of use: no reason to look for it elsewhere.
        return new(endpoints, authoritative || collector.Endpoints.Count > 0, collector.Features.Get<IEndpointSourceStatus>());
    }

    private static TaskCompletionSource NewWake() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
