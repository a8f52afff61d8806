using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Logging;

namespace MeshLib;

/// <summary>
/// The endpoints of one service (or of one named endpoint, scheme list or port of it). Requests read its snapshot, discovery and policy write it under the control
/// lock, and outcomes touch the endpoint they are about and ask for a new snapshot when its health has changed.
/// </summary>
internal sealed partial class EndpointSet : IEndpointConsumer, IAsyncDisposable
{
    // As many as a median needs (PeerLoad), so that a large set is not gone through again and again.
    private const int EnoughProofs = 9;

    // Timers and clocks are not of one mind about the last percent.
    private const double Patience = 0.99;

    private readonly EndpointSetKey _key;
    private readonly MeshEnvironment _environment;
    private readonly EndpointMembership _membership;
    private readonly EndpointSetHealth _health;
    private readonly ZonedBalancer _balancer;
    private readonly RoundRobinLoadBalancer _turns;
    private readonly MeshMetrics _metrics;
    private readonly ILogger _logger;
    private readonly Lock _control = new();
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile EndpointSnapshot? _snapshot;
    private volatile bool _used = true;
    private IEndpointSourceStatus? _status;
    private EndpointUpdate? _passedOver;
    private EndpointWatch? _watch;
    private bool _empty;
    private long _failingSince;
    private long _nextProbeAt;
    private int _proofs;
    private int _transitions;

    public EndpointSet(EndpointSetKey key, MeshService service, MeshEnvironment environment, LoadBalancers balancers, OwnService own, MeshMetrics metrics, ILogger logger)
    {
        _key = key;
        Service = service;
        _environment = environment;
        _turns = new RoundRobinLoadBalancer(environment.Random);
        _balancer = new ZonedBalancer(service.Name, () => new GuardedBalancer(service.Name, balancers, environment.Random, metrics, logger), own, environment.Clock, environment.Random, logger);
        _metrics = metrics;
        _logger = logger;
        _membership = new EndpointMembership(environment.Clock, environment.Random);
        _health = new EndpointSetHealth(service.Name, environment, metrics, logger);
    }

    public MeshService Service { get; }

    public EndpointSetKey Key => _key;

    /// <summary>What requests read; <see langword="null"/> until discovery's first answer, good or bad.</summary>
    public EndpointSnapshot? Snapshot => _snapshot;

    /// <summary>Whether discovery has answered, be it that there is no endpoint.</summary>
    public bool IsResolved => _snapshot is { Problem: null };

    /// <summary>Completes with discovery's first answer: one resolve, however many calls wait for it.</summary>
    public Task Ready => _ready.Task;

    /// <summary>Set when the set has been dropped for want of use; whoever holds it must ask the directory again.</summary>
    public bool IsRetired { get; private set; }

    /// <summary>Whether there was nobody to ask for the declared service, so that DNS is left with a name that it most likely does not know.</summary>
    public bool ByPlainDns { get; private set; }

    /// <summary>As the source says, or since discovery fails, whichever is longer.</summary>
    public TimeSpan StaleFor
    {
        get
        {
            var told = Volatile.Read(ref _status)?.StaleFor ?? TimeSpan.Zero;
            var failing = Volatile.Read(ref _failingSince) is var since and not 0 ? _environment.Clock.Between(since, _environment.Clock.Now()) : TimeSpan.Zero;
            return told > failing ? told : failing;
        }
    }

    public void Watch(EndpointWatch watch) => _watch = watch;

    /// <summary>Notes that the set is in use; a write only when the sweep has cleared the note.</summary>
    public void Touch()
    {
        if (!_used)
        {
            _used = true;
        }
    }

    /// <summary>Whether the set was used since the last time this was asked.</summary>
    public bool TakeUsed()
    {
        var used = _used;
        _used = false;
        return used;
    }

    public void Publish(EndpointUpdate update)
    {
        lock (_control)
        {
            _passedOver = update.Endpoints.Count == 0 ? update : null;
            Volatile.Write(ref _status, update.Status);
            Volatile.Write(ref _failingSince, 0);
            var endpoints = update.Endpoints;
            var byPlainDns = false;
            if (endpoints.Count == 0 && !Service.IsDeclared && (_snapshot is null or { PassThrough: true } or { Problem: not null }))
            {
                // A service that has been known and has lost its last instance is no unknown host: nothing is sent past the mesh then.
                SetSnapshot(EndpointSnapshot.PassedThrough);
                return;
            }

            if (endpoints.Count == 0 && Service.IsDeclared && !update.Authoritative)
            {
                // No registry was there to ask: plain DNS, with the service's policy.
                endpoints = [new DiscoveredEndpoint(PlainAddress(), EndpointMetadata.None, null)];
                byPlainDns = true;
            }

            NoteSource(byPlainDns);
            NoteEmptiness(endpoints.Count == 0);

            var changed = _membership.Update(endpoints, Service.Policy.CircuitBreaker, newcomersJoinProven: IsProven, Service.Policy.LoadBalancing.PanicThreshold);
            changed |= EndpointSetHealth.Withdraw(_membership.Members, Service.Withdrawn);
            if (changed || _snapshot is null or { Problem: not null } or { PassThrough: true })
            {
                Rebuild();
            }

            _metrics.DiscoveryUpdated(Service.Name, changed ? "applied" : "unchanged");
        }
    }

    public void Fail(Exception problem)
    {
        lock (_control)
        {
            _metrics.DiscoveryUpdated(Service.Name, "failed");
            if (_failingSince == 0)
            {
                Volatile.Write(ref _failingSince, Math.Max(1, _environment.Clock.Now()));
            }

            if (_snapshot is null or { Problem: not null })
            {
                SetSnapshot(new EndpointSnapshot { Problem = problem });
            }
        }
    }

    /// <summary>Takes over the service's policy: endpoints and their state stay.</summary>
    public void ApplyPolicy()
    {
        lock (_control)
        {
            foreach (var endpoint in _membership.Members)
            {
                endpoint.Breaker.Apply(Service.Policy.CircuitBreaker);
            }

            if (!ChecksHealth(Service.Policy))
            {
                EndpointSetHealth.EndChecks(_membership.Members);
            }

            if (_snapshot is { PassThrough: false, Problem: null })
            {
                Rebuild();
            }
            else if (_passedOver is { } update)
            {
                // Perhaps the policy has just declared what was passed through until now.
                Publish(update);
            }
        }
    }

    /// <summary>Takes over what this process has learned of its own place.</summary>
    public void ApplyStandpoint()
    {
        lock (_control)
        {
            if (_balancer.DependsOnStandpoint && _snapshot is { PassThrough: false, Problem: null })
            {
                Rebuild();
            }
        }
    }

    /// <summary>Chooses where an attempt goes. On <see langword="false"/>, <paramref name="refusal"/> says why there is nowhere.</summary>
    public bool TryPick(MeshCall call, out EndpointTicket ticket, out OutcomeReason refusal)
    {
        var snapshot = _snapshot!;
        if (call.PinnedEndpoint is null && snapshot.CutOff.Count > 0 && TryProbe(snapshot, call.AttemptStarted, call.Repeatable && call.Replayable, out ticket))
        {
            refusal = OutcomeReason.Ok;
            return true;
        }

        if (Pick(snapshot, call) is { } endpoint)
        {
            ticket = new(endpoint, endpoint.Breaker.Generation);
            refusal = OutcomeReason.Ok;
            return true;
        }

        ticket = default;
        refusal = RefusalOf(snapshot, call);
        return false;
    }

    /// <summary>Chooses where a call of mode Resolve goes: one endpoint after the other, whatever their health. There is no ticket, and no probe, because nothing will be settled.</summary>
    public bool TryResolve(MeshCall call, [NotNullWhen(true)] out MeshEndpoint? endpoint, out OutcomeReason refusal)
    {
        var snapshot = _snapshot!;
        endpoint = call.PinnedEndpoint is { } pinned ? snapshot.Find(pinned) : snapshot.Everyone?.Pick(call);
        refusal = endpoint is null ? RefusalOf(snapshot, call) : OutcomeReason.Ok;
        return endpoint is not null;
    }

    /// <summary>Whether any endpoint may receive traffic now.</summary>
    public bool HasLive => _snapshot?.Picker is not null;

    /// <summary>How long until the first cut-off endpoint is probed.</summary>
    public TimeSpan? TimeToNextProbe(long now)
    {
        TimeSpan? first = null;
        foreach (var endpoint in _snapshot!.CutOff)
        {
            var wait = _environment.Clock.Between(now, endpoint.Breaker.RetryAt);
            first = first is null || wait < first ? wait : first;
        }

        return first < TimeSpan.Zero ? TimeSpan.Zero : first;
    }

    /// <summary>Whether an endpoint that may receive traffic has not been tried by <paramref name="call"/>.</summary>
    public bool HasUntried(MeshCall call) => _snapshot!.HasUntried(call);

    /// <summary>The feedback arrow: what an attempt's outcome teaches about its endpoint.</summary>
    /// <param name="ticket">The attempt's ticket.</param>
    /// <param name="reason">How it ended.</param>
    /// <param name="retryAfter">How long the endpoint asks to be left alone; zero when it does not ask.</param>
    /// <param name="elapsed">Seconds to the headers, or to the end of a body read inside the attempt.</param>
    /// <param name="now">The timestamp of the end.</param>
    public void Settle(in EndpointTicket ticket, OutcomeReason reason, TimeSpan retryAfter, double elapsed, long now)
    {
        var endpoint = ticket.Endpoint;
        switch (reason.Verdict())
        {
            case Verdict.Success:
                if (endpoint.Load.LatencySeconds is null)
                {
                    Prove(endpoint, elapsed, now);
                }

                endpoint.Load.ObserveSuccess(elapsed, now);
                break;
            case Verdict.Ignored:
                // A caller who gave up says nothing about health, but the wait was at least this long.
                if (reason is OutcomeReason.CallerCancelled or OutcomeReason.DeadlineExceeded)
                {
                    endpoint.Load.ObserveAtLeast(elapsed, now);
                }

                break;
            default:
                var median = PeerLoad.Median(_snapshot!.Peers, endpoint, now, _environment.Random);
                endpoint.Load.ObserveFailure(median, retryAfter.TotalSeconds, now);
                break;
        }

        if (reason.Verdict() != Verdict.Ignored)
        {
            endpoint.Reachability.Note(nobody: reason.NeverSent() && reason.Signal() == BreakerSignal.Failure, now);
        }

        // One client's haste is no evidence for the others: the breaker learns of a time-out when the endpoint has had the time that the service's own policy gives it.
        var hasty = reason is OutcomeReason.Timeout or OutcomeReason.AttemptTimeout && elapsed < Service.Policy.AttemptTimeout.TotalSeconds * Patience;
        var signal = hasty ? BreakerSignal.Ignored : reason.Signal();
        if (signal != BreakerSignal.Ignored && _snapshot!.ComparesPeers)
        {
            endpoint.Health.Outlier.Count(signal != BreakerSignal.Success);
        }

        if (endpoint.Breaker.Record(signal, ticket.Generation, now, out var transition))
        {
            HealthChanged(endpoint, transition, reason);
        }
    }

    /// <summary>The beat of the mesh: what time alone changes.</summary>
    public void Advance(long now) => Change(now, static (set, now) =>
    {
        set.Service.Withdrawn.See(set._membership.Members, now);
        var changed = set._membership.Forget(now) | set._health.Advance(set._membership.Members, set._snapshot?.Compared ?? [], set.Service.Policy, now) | set.LookWhoIsThere(now);

        // Only where nothing else asks for a new plan, which weighs them anyway.
        return changed || set.LookWhatZonesCarry();
    });

    /// <summary>An endpoint has announced that it will be away. Returns whether that is believed; where it is not, a failure that says so is a failure like any other.</summary>
    public bool Announce(MeshEndpoint endpoint, TimeSpan away, long now)
    {
        // Every answer of an endpoint that is leaving says so: once is enough.
        var health = endpoint.Health;
        if (!health.IsAway && !health.HasLeft && now >= _health.DeafUntil)
        {
            Change((endpoint, away, now), static (set, it) => set._health.Announce(set._membership.Members, it.endpoint, it.away, set.Service.Policy, it.now));
        }

        // Who is called in spite of what it has announced, for want of others, is judged by what it answers.
        return health.HasLeft || (health.IsAway && _snapshot is { OnlyLeaving: false });
    }

    /// <summary>Takes the endpoint at an address out by hand, if there is one, as <see cref="EndpointState.Withdrawn"/> or <see cref="EndpointState.Draining"/>.</summary>
    public void TakeOut(Uri address, EndpointState state) => Change((address, state), static (set, it) => set.MemberAt(it.address) is { } endpoint && set._health.TakeOut(endpoint, it.state));

    /// <summary>Lets the endpoint at an address get calls again that was taken out by hand, by its own announcement or by its peers.</summary>
    public void Restore(Uri address) => Change(address, static (set, address) => set.MemberAt(address) is { } endpoint && set._health.Restore(endpoint));

    /// <summary>The endpoints whose check is due, noted as being checked, at most <paramref name="most"/>; and how they are checked, which a change of policy meanwhile does not alter.</summary>
    public (IReadOnlyList<MeshEndpoint> Endpoints, HealthCheckSettings Settings) BeginChecks(int most, long now)
    {
        lock (_control)
        {
            var policy = Service.Policy;
            return (ChecksHealth(policy) && !IsRetired ? _health.BeginChecks(_snapshot?.Checked ?? [], policy, most, now) : [], policy.HealthCheck);
        }
    }

    /// <summary>Takes a check's result.</summary>
    public void EndCheck(MeshEndpoint endpoint, bool passed) =>
        Change((endpoint, passed), static (set, it) => set._health.EndCheck(it.endpoint, it.passed, set.Service.Policy));

    public async ValueTask DisposeAsync()
    {
        IsRetired = true;
        Fail(new ObjectDisposedException(nameof(EndpointSet), "The endpoints are no longer watched."));
        if (_watch is { } watch)
        {
            await watch.DisposeAsync().ConfigureAwait(false);
        }
    }

    /// <summary>
    /// The first successes of a set tell what to expect of those that have not had theirs: a burst right after the start must not all go to the one that happened to answer first,
    /// which may be the one that fails next. Those who join later are tried one attempt at a time.
    /// </summary>
    private void Prove(MeshEndpoint endpoint, double elapsed, long now)
    {
        var proofs = Interlocked.Increment(ref _proofs);
        if (proofs > EnoughProofs)
        {
            return;
        }

        foreach (var peer in _snapshot!.All)
        {
            if (!ReferenceEquals(peer, endpoint) && peer.Load.LatencySeconds is null)
            {
                peer.Load.Expect(elapsed);
                if (proofs == 1)
                {
                    peer.Load.LimitPenalty(elapsed, now);
                }
            }
        }
    }

    private bool IsProven => Volatile.Read(ref _proofs) > 0;

    private static bool ChecksHealth(EffectivePolicy policy) => policy.Mode != MeshMode.Resolve && !PathValue.IsOff(policy.HealthCheck.Path);

    private MeshEndpoint? MemberAt(Uri address) => _membership.Members.FirstOrDefault(endpoint => endpoint.Address == address);

    private MeshEndpoint? Pick(EndpointSnapshot snapshot, MeshCall call)
    {
        if (call.PinnedEndpoint is { } pinned)
        {
            return snapshot.Find(pinned);
        }

        // The snapshot may be of another mode than the call, which keeps the one that it began in: who only observes is refused by nobody.
        return _balancer.Pick(snapshot, call) ?? (call.Policy.Policy.Mode == MeshMode.Observe ? snapshot.Everyone?.Pick(call) : null);
    }

    private static OutcomeReason RefusalOf(EndpointSnapshot snapshot, MeshCall call) =>
        call.PinnedEndpoint is not null ? OutcomeReason.PinnedEndpointUnknown
        : snapshot.Problem is not null ? OutcomeReason.DiscoveryFailed
        : snapshot.CutOff.Count > 0 ? OutcomeReason.AllEndpointsOpen
        : OutcomeReason.NoEndpoint;

    private bool TryProbe(EndpointSnapshot snapshot, long now, bool repeatable, out EndpointTicket ticket)
    {
        ticket = default;
        var seen = Volatile.Read(ref _nextProbeAt);
        if (now < seen)
        {
            return false;
        }

        var settings = Service.Policy;
        var next = long.MaxValue;
        foreach (var endpoint in snapshot.CutOff)
        {
            // A probe may fail: a request that can be repeated elsewhere is the better one to risk, unless none comes for a while.
            var dueAt = repeatable ? endpoint.Breaker.RetryAt : _environment.Clock.After(endpoint.Breaker.RetryAt, settings.CircuitBreaker.BreakDuration);
            if (ticket.Endpoint is null && now >= dueAt && endpoint.Breaker.TryBeginProbe(now, settings.AttemptTimeout, out var generation, out var transition))
            {
                ticket = new(endpoint, generation);
                if (transition.Happened)
                {
                    _metrics.BreakerChanged(Service.Name, transition);
                }
            }

            next = Math.Min(next, endpoint.Breaker.RetryAt);
        }

        // Unless a probe has ended meanwhile: its new snapshot knows better, and what was read here may be the time limit of that probe.
        Interlocked.CompareExchange(ref _nextProbeAt, next, seen);
        return ticket.Endpoint is not null;
    }

    private void HealthChanged(MeshEndpoint endpoint, BreakerTransition transition, OutcomeReason reason)
    {
        _metrics.BreakerChanged(Service.Name, transition);
        LogBreakerChanged(_logger, Service.Name, endpoint.Prefix, transition.To, reason.Tag());

        // At once, so that no later pick goes there. When many endpoints fail together, those who report it while a snapshot is being made leave theirs to the next one instead of lining up for a turn each.
        if (Interlocked.Increment(ref _transitions) == 1)
        {
            TakeInTransitions();
        }
    }

    private void TakeInTransitions()
    {
        var seen = Volatile.Read(ref _transitions);
        try
        {
            lock (_control)
            {
                Rebuild();
            }
        }
        finally
        {
            if (Interlocked.Add(ref _transitions, -seen) > 0)
            {
                // One snapshot is all that a call pays for.
                using (ExecutionContext.SuppressFlow())
                {
                    _environment.Background.Run(TakeInTransitions);
                }
            }
        }
    }

    private bool LookWhoIsThere(long now)
    {
        var changed = false;
        foreach (var endpoint in _membership.Members)
        {
            changed |= endpoint.Reachability.Advance(_environment.Clock, now);
        }

        // Only what a zone can carry depends on it.
        return changed && _snapshot is { LocalShare: not null };
    }

    private bool LookWhatZonesCarry() => _snapshot is { LocalShare: not null } snapshot && _balancer.IsOutweighed(_membership.Members, snapshot.Live, Service.Policy);

    /// <summary>Makes a change of the endpoints' health, and a new snapshot if it is one that requests must see.</summary>
    private void Change<T>(T what, Func<EndpointSet, T, bool> change)
    {
        lock (_control)
        {
            // A fault on the way, such as a logger's, may come after what requests must see.
            var changed = true;
            try
            {
                changed = change(this, what);
            }
            finally
            {
                if (changed && _snapshot is { PassThrough: false, Problem: null })
                {
                    Rebuild();
                }
            }
        }
    }

    private void Rebuild()
    {
        var policy = Service.Policy;
        _health.WarmUp(_membership.Members, policy, IsProven, _environment.Clock.Now());
        var snapshot = EndpointSnapshot.Of(_membership.Members, policy, (live, panic) => _balancer.Plan(_membership.Members, live, panic, policy), _turns);
        if (snapshot.Panic != (_snapshot?.Panic ?? false))
        {
            LogPanic(_logger, Service.Name, snapshot.Panic ? "begins" : "ends", snapshot.All.Count(static endpoint => endpoint.IsHealthy && !endpoint.Health.Outlier.IsEjected), snapshot.All.Count);
        }

        Volatile.Write(ref _nextProbeAt, snapshot.CutOff.Count == 0 ? long.MaxValue : snapshot.CutOff.Min(static endpoint => endpoint.Breaker.RetryAt));
        EndpointSetHealth.Note(snapshot);
        SetSnapshot(snapshot);
    }

    private void SetSnapshot(EndpointSnapshot snapshot)
    {
        _snapshot = snapshot;
        _ready.TrySetResult();
    }

    private void NoteSource(bool byPlainDns)
    {
        // Host names and addresses are for DNS to know, and so is what was declared to be foreign; a bare name is known to DNS in few places.
        var doubtful = byPlainDns && !Service.Policy.External && Service.Name.AsSpan().IndexOfAny('.', ':') < 0 && Service.Name != "localhost";
        if (doubtful && !ByPlainDns)
        {
            LogByPlainDns(_logger, Service.Name, PlainAddress());
        }

        ByPlainDns = doubtful;
    }

    // A name that is misspelt and a service that has not started look the same to a registry; somebody has to hear of it before the first call fails.
    private void NoteEmptiness(bool empty)
    {
        if (empty && !_empty)
        {
            LogNoInstance(_logger, _key);
        }

        _empty = empty;
    }

    private Uri PlainAddress()
    {
        var scheme = _key.Scheme.Split('+')[0];
        return new Uri(new EndpointSetKey(scheme, _key.Host, _key.Port).ToString());
    }
}
