using System.Net;
using Microsoft.Extensions.Logging;

namespace MeshLib.Consul;

/// <summary>
/// One loop of blocking queries that keeps the instances of one service up to date, shared by everyone in the process who needs them. What it has
/// learnt it keeps through every failure; only a good answer replaces it.
/// </summary>
internal sealed partial class ServiceWatch : IEndpointSourceStatus
{
    /// <summary>Some servers and proxies cut requests after 30 s (Consul 1.22 did by default); this stays below.</summary>
    private static readonly TimeSpan ShortWait = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan EarliestCut = TimeSpan.FromSeconds(25);
    private static readonly TimeSpan LatestCut = TimeSpan.FromSeconds(40);

    /// <summary>A server hears its leader many times a second.</summary>
    private static readonly TimeSpan LongestLag = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan WithoutIndexInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan AfterInternalFault = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan DeniedLogInterval = TimeSpan.FromMinutes(1);

    private readonly WatchContext _context;
    private readonly MonotonicClock _clock;
    private readonly ILogger _logger;
    private readonly RequestPace _pace;
    private readonly RetrySchedule _schedule;
    private readonly EmptyGuard _guard;
    private readonly bool _scalesToZero;
    private readonly long _startedAt;
    private readonly TaskCompletionSource _firstAnswer = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private volatile PublishedSnapshot? _published;
    private volatile Staleness? _stale;

    // Only the loop touches these.
    private ulong _index;
    private ulong _lastSeenIndex;
    private bool _indexUsable = true;
    private int _failures;
    private int _cuts;
    private int _lags;
    private TimeSpan _wait;
    private TimeSpan _holdFor;
    private long? _deniedLoggedAt;
    private ServiceSnapshot? _lastRead;

    /// <param name="query">What to watch.</param>
    /// <param name="context">What all watches share.</param>
    /// <param name="slot">The watch's place in the retry cycle, from 0 to 1.</param>
    public ServiceWatch(HealthQuery query, WatchContext context, double slot)
    {
        Query = query;
        _context = context;
        _clock = context.Clock;
        _logger = context.Signals.Logger;
        _pace = new RequestPace(_clock);
        _schedule = new RetrySchedule(_clock, context.Random, slot);
        _guard = new EmptyGuard(_clock, context.Options.EmptyGrace);
        _scalesToZero = context.Options.ScaleToZero.Contains(query.Service, StringComparer.OrdinalIgnoreCase);
        _startedAt = _clock.Now();
        _wait = context.Options.Wait;
        _stale = new Staleness(_startedAt, "Consul has not answered yet.", null);
    }

    public HealthQuery Query { get; }

    public string Source => "consul";

    public TimeSpan StaleFor => _stale is { } stale ? _clock.Between(stale.Since, _clock.Now()) : TimeSpan.Zero;

    public string? Problem => _stale?.Problem;

    /// <summary>What is known, or <see langword="null"/> before the first good answer.</summary>
    public PublishedSnapshot? Published => _published;

    /// <summary>Returns what is known; before the first good answer it waits, until the watch is older than the first-answer timeout.</summary>
    /// <exception cref="ConsulException">There has been no good answer yet.</exception>
    public async ValueTask<PublishedSnapshot> WaitForFirstAnswerAsync(CancellationToken cancellationToken)
    {
        if (_published is { } known)
        {
            return known;
        }

        var left = _context.Options.FirstAnswerTimeout - _clock.Between(_startedAt, _clock.Now());
        if (left > TimeSpan.Zero)
        {
            try
            {
                await _firstAnswer.Task.WaitAsync(left, _clock.TimeProvider, cancellationToken).ConfigureAwait(false);
            }
            catch (TimeoutException)
            {
                // Told below, with what is known of the reason.
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                // The host is stopping.
            }
        }

        return _published ?? throw new ConsulException(
            _stale?.Cause?.Failure ?? ConsulFailure.TimedOut,
            $"The instances of '{Query.Service}' are not known yet: {Problem}",
            _stale?.Cause,
            _stale?.Cause?.StatusCode);
    }

    /// <summary>The loop. It ends by cancellation only: no error of Consul's and no fault of its own ends it.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                await PauseAsync(_pace.Take(), cancellationToken).ConfigureAwait(false);
                await PauseAsync(await AskAsync(cancellationToken).ConfigureAwait(false), cancellationToken).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            _firstAnswer.TrySetCanceled(cancellationToken);
        }
    }

    private Task PauseAsync(TimeSpan pause, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return pause <= TimeSpan.Zero ? Task.CompletedTask : Task.Delay(pause, _clock.TimeProvider, cancellationToken);
    }

    /// <returns>How long to wait before asking again.</returns>
    private async Task<TimeSpan> AskAsync(CancellationToken cancellationToken)
    {
        var startedAt = _clock.Now();
        try
        {
            var answer = await _context.Client.GetHealthAsync(Query, _index, NextWait(), cancellationToken).ConfigureAwait(false);
            Accept(answer);
            return answer.Lag < LongestLag ? TimeSpan.Zero : Lag(answer.Lag);
        }
        catch (ConsulException e)
        {
            return Fail(e, startedAt);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            LogInternalFault(e, Query.Service);
            _index = 0;
            return AfterInternalFault;
        }
    }

    // An empty list that is being held must be looked at again when its grace is over, not a whole wait later.
    private TimeSpan NextWait() => _guard.IsHolding && _holdFor < _wait ? Max(_holdFor, TimeSpan.FromSeconds(1)) : _wait;

    private void Accept(HealthAnswer answer)
    {
        _failures = 0;
        _cuts = _index > 0 ? 0 : _cuts;
        _lags = answer.Lag < LongestLag ? 0 : _lags;
        MoveIndex(answer.Index);

        var snapshot = SnapshotReader.Read(answer.Entries, Query.Service, _context.Options.AllowSpecialAddresses);
        TellDropped(snapshot);
        if (Doubts(snapshot))
        {
            return;
        }

        if (answer.Lag < LongestLag)
        {
            MarkFresh();
        }

        Publish(snapshot);
    }

    /// <summary>
    /// The answer came from a cache or from a server that has lost the others: good to have, and out of date. Blocking on it would fail at once
    /// or see nothing, so it is read again as after an error.
    /// </summary>
    private TimeSpan Lag(TimeSpan lag)
    {
        var problem = new ConsulException(ConsulFailure.ServerError, $"Consul's servers have not been heard for {lag.TotalSeconds:0} s; it answers with what it last knew.");
        _index = 0;
        _lags++;
        MarkStale(problem, since: _clock.After(_clock.Now(), -lag));
        return _schedule.Next(problem, _lags);
    }

    private void MoveIndex(ulong index)
    {
        // An index of 1 is what a server without an own one gives, and it never blocks.
        var usable = index > 1;
        if (usable != _indexUsable)
        {
            _indexUsable = usable;
            LogIndex(usable);
        }

        if (!usable)
        {
            _pace.HoldFor(WithoutIndexInterval);
        }

        if (index > 0 && index < _lastSeenIndex)
        {
            _guard.Suspect();
        }

        _index = index == 0 ? 1 : index < _index ? 0 : index;
        _lastSeenIndex = index;
    }

    /// <returns>Whether the empty <paramref name="snapshot"/> is not believed yet.</returns>
    private bool Doubts(ServiceSnapshot snapshot)
    {
        if (!snapshot.IsSuspiciouslyEmpty || _scalesToZero || _published is not { Snapshot.Instances.Count: > 0 } last)
        {
            _guard.Release();
            return false;
        }

        var first = !_guard.IsHolding;
        _holdFor = _guard.Hold();
        if (_holdFor <= TimeSpan.Zero)
        {
            _guard.Release();
            LogEmptyBelieved(Query.Service);
            return false;
        }

        if (first)
        {
            LogEmptyHeld(Query.Service, last.Snapshot.Instances.Count, _holdFor);
            _stale = new Staleness(_stale?.Since ?? _clock.Now(), "Consul suddenly lists no instance; the last ones are kept for a while.", null);
        }

        return true;
    }

    private void Publish(ServiceSnapshot snapshot)
    {
        var last = _published;
        if (last is not null && last.Snapshot.SameInstancesAs(snapshot))
        {
            return;
        }

        _published = new PublishedSnapshot(snapshot);
        _firstAnswer.TrySetResult();
        LogPublished(Query.Service, snapshot.Instances.Count);
        if (last is not null)
        {
            _ = TellSubscribersAsync(last);
        }
    }

    private async Task TellSubscribersAsync(PublishedSnapshot last)
    {
        try
        {
            await last.ReplaceAsync().ConfigureAwait(false);
        }
        catch (AggregateException e)
        {
            LogSubscriberFault(e, Query.Service);
        }
    }

    private TimeSpan Fail(ConsulException e, long startedAt)
    {
        var now = _clock.Now();
        var wasBlocking = _index > 0;
        _index = 0;
        _context.Signals.Metrics.Failed(Query.Service, e.Failure);
        if (wasBlocking && WasCut(e, _clock.Between(startedAt, now)))
        {
            if (++_cuts == 2 && _wait > ShortWait)
            {
                _wait = ShortWait;
                LogWaitShortened(Query.Service, ShortWait);
            }

            return TimeSpan.Zero;
        }

        _failures++;
        if (e.Failure is ConsulFailure.Denied)
        {
            _guard.Suspect();
            TellDenied(e, now);
        }

        MarkStale(e, since: e.Failure is ConsulFailure.TimedOut ? startedAt : now);
        return _schedule.Next(e, _failures);
    }

    /// <summary>Whether something on the way limits the length of requests: nothing is wrong with Consul then.</summary>
    private static bool WasCut(ConsulException e, TimeSpan elapsed) =>
        elapsed >= EarliestCut
        && elapsed <= LatestCut
        && (e.Failure is ConsulFailure.Unreachable || e.StatusCode is HttpStatusCode.GatewayTimeout or HttpStatusCode.RequestTimeout);

    private void TellDropped(ServiceSnapshot snapshot)
    {
        var last = _lastRead;
        _lastRead = snapshot;
        if (last is null ? snapshot.Dropped.Count == 0 : last.SameDropsAs(snapshot))
        {
            return;
        }

        foreach (var (reason, count) in snapshot.Dropped)
        {
            var before = last?.Dropped.GetValueOrDefault(reason) ?? 0;
            if (count > before)
            {
                _context.Signals.Metrics.Dropped(Query.Service, reason, count - before);
            }
        }

        LogDropped(Query.Service, snapshot.Dropped);
    }

    private void TellDenied(ConsulException e, long now)
    {
        if (_deniedLoggedAt is not { } at || _clock.Between(at, now) >= DeniedLogInterval)
        {
            _deniedLoggedAt = now;
            LogDenied(Query.Service, e.Message);
        }
    }

    private void MarkStale(ConsulException e, long since)
    {
        var before = _stale;
        _stale = new Staleness(Math.Min(before?.Since ?? since, since), e.Message, e);
        if (before?.Cause is null)
        {
            LogStale(Query.Service, _published?.Snapshot.Instances.Count ?? 0, e.Message);
        }
    }

    private void MarkFresh()
    {
        if (_stale is { Cause: not null } stale)
        {
            LogFresh(Query.Service, _clock.Between(stale.Since, _clock.Now()));
        }

        _stale = null;
    }

    private static TimeSpan Max(TimeSpan a, TimeSpan b) => a > b ? a : b;

    /// <param name="Since">When the list began to be out of date.</param>
    /// <param name="Problem">Why, without secrets.</param>
    /// <param name="Cause">The failure, where there was one.</param>
    private sealed record Staleness(long Since, string Problem, ConsulException? Cause);
}
