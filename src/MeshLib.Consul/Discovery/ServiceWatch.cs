using System.Collections.Frozen;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Primitives;

namespace MeshLib.Consul;

/// <summary>
/// One loop of blocking queries that keeps the instances of one service up to date, shared by everyone in the process who needs them. What it has
/// learnt it keeps through every failure; only a good answer replaces it.
/// </summary>
internal sealed partial class ServiceWatch : IEndpointSourceStatus
{
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
    private readonly IndexCursor _index = new();
    private readonly BlockingWait _wait;
    private readonly bool _scalesToZero;
    private readonly long _startedAt;
    private readonly ChangeSignal _answered = new();
    private readonly TaskCompletionSource _firstAnswer = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private volatile PublishedSnapshot? _published;
    private volatile Staleness? _stale;

    // Only the loop touches these.
    private long _ledAt;
    private int _failures;
    private int _lags;
    private TimeSpan _holdFor;
    private long? _deniedLoggedAt;
    private IReadOnlyDictionary<DropReason, int> _dropped = FrozenDictionary<DropReason, int>.Empty;

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
        _startedAt = _ledAt = _clock.Now();
        _wait = new BlockingWait(context.Options.Wait);
        _stale = Staleness.NoAnswerYet(_startedAt);
    }

    public HealthQuery Query { get; }

    public string Source => "consul";

    public TimeSpan StaleFor => _stale is { } stale ? _clock.Between(stale.Since, _clock.Now()) : TimeSpan.Zero;

    public string? Problem => _stale?.Problem;

    /// <summary>What is known, or <see langword="null"/> before the first good answer.</summary>
    public PublishedSnapshot? Published => _published;

    /// <summary>Fires with the first good answer.</summary>
    public IChangeToken FirstAnswer => _answered.Token;

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
            var answer = await _context.Client.GetHealthAsync(Query, _index.Next, NextWait(), cancellationToken).ConfigureAwait(false);
            Accept(answer, startedAt);
            return answer.Lag < LongestLag ? TimeSpan.Zero : Lag(answer.Lag);
        }
        catch (ConsulException e)
        {
            return Fail(e, startedAt);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            LogInternalFault(e, Query.Service);
            _index.Reset();
            return AfterInternalFault;
        }
    }

    // An empty list that is being held must be looked at again when its grace is over, not a whole wait later.
    private TimeSpan NextWait() => _guard.IsHolding && _holdFor < _wait.Current ? Max(_holdFor, TimeSpan.FromSeconds(1)) : _wait.Current;

    private void Accept(HealthAnswer answer, long startedAt)
    {
        // Servers that have lost their leader let a blocked query run out and answer it with 200 and what they knew: an answer without news proves that
        // there was a leader when it was asked for, and no more.
        _ledAt = answer.Index == _index.Next ? startedAt : _clock.Now();
        _failures = 0;
        _lags = answer.Lag < LongestLag ? 0 : _lags;
        if (_index.IsBlocking)
        {
            _wait.Answered();
        }

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
        _index.Reset();
        _lags++;
        MarkStale(problem, since: _clock.After(_clock.Now(), -lag));
        return _schedule.Next(problem, _lags);
    }

    private void MoveIndex(ulong index)
    {
        var wasUsable = _index.IsUsable;
        if (_index.Move(index))
        {
            _guard.Suspect();
        }

        if (_index.IsUsable != wasUsable)
        {
            LogIndex(_index.IsUsable);
        }

        if (!_index.IsUsable)
        {
            _pace.HoldFor(WithoutIndexInterval);
        }
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
            _context.Signals.Metrics.Doubted(Query.Service);
            LogEmptyHeld(Query.Service, last.Snapshot.Instances.Count, _holdFor);
            _stale = Staleness.Continue(_stale, _clock.Now(), "Consul suddenly lists no instance; the last ones are kept for a while.", null);
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
        _ = TellSubscribersAsync(last?.Replaced ?? _answered);
    }

    private async Task TellSubscribersAsync(ChangeSignal signal)
    {
        try
        {
            await signal.FireAsync().ConfigureAwait(false);
        }
        catch (AggregateException e)
        {
            LogSubscriberFault(e, Query.Service);
        }
    }

    private TimeSpan Fail(ConsulException e, long startedAt)
    {
        var now = _clock.Now();
        var wasBlocking = _index.IsBlocking;
        _index.Reset();
        _context.Signals.Metrics.Failed(Query.Service, e.Failure);
        if (wasBlocking && BlockingWait.WasCut(e, _clock.Between(startedAt, now)))
        {
            if (_wait.Cut())
            {
                LogWaitShortened(Query.Service, _wait.Current);
            }

            return TimeSpan.Zero;
        }

        _failures++;
        if (e.Failure is ConsulFailure.Denied)
        {
            _guard.Suspect();
            TellDenied(e, now);
        }

        MarkStale(e, since: e switch
        {
            { Failure: ConsulFailure.TimedOut } => startedAt,
            { LacksLeader: true } when _stale?.Cause is null => _ledAt,
            _ => now,
        });
        return _schedule.Next(e, _failures);
    }

    private void TellDropped(ServiceSnapshot snapshot)
    {
        var last = _dropped;
        _dropped = snapshot.Dropped;
        if (snapshot.DroppedAs(last))
        {
            return;
        }

        foreach (var (reason, count) in snapshot.Dropped)
        {
            var before = last.GetValueOrDefault(reason);
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
        _stale = Staleness.Continue(before, since, e.Message, e);
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
}
