using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.ServiceDiscovery;

namespace MeshLib;

/// <summary>
/// The one root of everything that the mesh remembers in a host: services by name and their endpoint sets by key. Handlers come and go and own none of it.
/// </summary>
internal sealed partial class MeshServices : IAsyncDisposable, IDisposable
{
    /// <summary>How many hosts that nobody declared are watched at once; beyond that they are passed through without being looked up.</summary>
    internal const int MostUndeclaredSets = 1000;

    /// <summary>How often endpoint sets see to what time alone changes: ejections that end, shares that grow, checks that are due. One timer for all of them.</summary>
    internal static readonly TimeSpan Beat = TimeSpan.FromSeconds(1);

    // An undeclared set is dropped after one to two periods without a call.
    private static readonly TimeSpan IdlePeriod = TimeSpan.FromMinutes(5);

    private readonly MeshPolicies _policies;
    private readonly MeshComposition _composition;
    private readonly DeclaredServices _declared;
    private readonly ConcurrentDictionary<string, MeshService> _services = new(StringComparer.OrdinalIgnoreCase);
    private readonly ConcurrentDictionary<EndpointSetKey, EndpointSet> _sets = [];
    private readonly Lock _creation = new();
    private readonly ILogger _logger;
    private readonly ITimer _idleSweep;
    private readonly ITimer _beat;
    private MeshMode _notedMode = MeshMode.Enforce;
    private int _beatFaulted;
    private bool _disposed;

    public MeshServices(MeshPolicies policies, MeshComposition composition, DeclaredServices declared, ILogger<MeshServices> logger)
    {
        _policies = policies;
        _composition = composition;
        _declared = declared;
        _logger = logger;
        policies.Changed += ApplyPolicies;
        composition.Own.Changed += ApplyStandpoint;
        composition.Metrics.Observe(this, policies);
        NoteMode();
        using (ExecutionContext.SuppressFlow())
        {
            _idleSweep = composition.Environment.Clock.TimeProvider.CreateTimer(static self => ((MeshServices)self!).DropIdleSets(), this, IdlePeriod, IdlePeriod);
            _beat = composition.Environment.Clock.TimeProvider.CreateTimer(static self => ((MeshServices)self!).AdvanceSets(), this, Beat, Beat);
        }
    }

    /// <summary>The services in use; a host that is passed through is none.</summary>
    public IEnumerable<MeshService> Services => _sets.Values.Where(static set => set.Snapshot is { PassThrough: false }).Select(static set => set.Service).Distinct();

    public IEnumerable<EndpointSet> Sets => _sets.Values;

    /// <summary>The zone of this process, as far as it is known.</summary>
    public string? Zone => _composition.Own.Standpoint.Zone;

    /// <summary>The services that somebody declared, whether or not they have been called yet.</summary>
    public IEnumerable<string> DeclaredNames => _declared.Names.Concat(_policies.DeclaredServices).Distinct(StringComparer.OrdinalIgnoreCase);

    /// <summary>What the declared services are watched by before their first call.</summary>
    public IEnumerable<EndpointSetKey> DeclaredKeys => DeclaredNames.SelectMany(_declared.KeysOf);

    /// <summary>The endpoint set of a key, created and watched when it is new; <see langword="null"/> when the host is none of the mesh's business.</summary>
    public EndpointSet? Find(in EndpointSetKey key) => _sets.TryGetValue(key, out var set) ? set : Create(key);

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, true))
        {
            return;
        }

        _policies.Changed -= ApplyPolicies;
        _composition.Own.Changed -= ApplyStandpoint;
        await _idleSweep.DisposeAsync().ConfigureAwait(false);
        await _beat.DisposeAsync().ConfigureAwait(false);
        await _composition.Checks.DisposeAsync().ConfigureAwait(false);
        EndpointSet[] sets;
        lock (_creation)
        {
            sets = [.. _sets.Values];
            _sets.Clear();
        }

        await Task.WhenAll(sets.Select(static set => set.DisposeAsync().AsTask())).ConfigureAwait(false);
        await _composition.Own.DisposeAsync().ConfigureAwait(false);
    }

    public void Dispose()
    {
        // A container that is disposed synchronously cannot wait: the watches are told to stop and end by themselves.
        _ = DisposeAsync().AsTask();
    }

    internal IEnumerable<Measurement<double>> BudgetBalances() =>
        Services.Select(static service => new Measurement<double>(service.Budget.Balance, Tag(service.Name)));

    internal IEnumerable<Measurement<int>> EndpointCounts() =>
        from set in _sets.Values
        where set.Snapshot is { PassThrough: false }
        group set by set.Service.Name into service
        from state in Enum.GetValues<EndpointState>()
        let count = service.Sum(set => set.Snapshot?.All.Count(endpoint => endpoint.State == state) ?? 0)
        select new Measurement<int>(count, Tag(service.Key), new(MeshTags.State, state.Tag()));

    internal IEnumerable<Measurement<int>> Panics() =>
        from set in _sets.Values
        where set.Snapshot is { PassThrough: false }
        group set by set.Service.Name into service
        select new Measurement<int>(service.Any(static set => set.Snapshot is { Panic: true }) ? 1 : 0, Tag(service.Key));

    internal IEnumerable<Measurement<double>> LocalShares() =>
        from set in _sets.Values
        let share = set.Snapshot?.LocalShare
        where share is not null
        group share by set.Service.Name into service
        select new Measurement<double>(service.Min()!.Value, Tag(service.Key));

    internal IEnumerable<Measurement<double>> Staleness() =>
        from set in _sets.Values
        where set.Snapshot is { PassThrough: false }
        group set by set.Service.Name into service
        select new Measurement<double>(service.Max(static set => set.StaleFor.TotalSeconds), Tag(service.Key));

    private static KeyValuePair<string, object?> Tag(string service) => new(MeshTags.Service, service);

    private EndpointSet? Create(EndpointSetKey key)
    {
        if (!ServiceEndpointQuery.TryParse(key.ToString(), out var query))
        {
            return null;
        }

        var declaredInCode = _declared.Contains(query.ServiceName);
        if (!declaredInCode && !_policies.IsDeclared(query.ServiceName) && (IsAddress(key.Host) || _sets.Count >= MostUndeclaredSets))
        {
            return null;
        }

        lock (_creation)
        {
            ObjectDisposedException.ThrowIf(_disposed, typeof(MeshServices));
            if (_sets.TryGetValue(key, out var existing))
            {
                return existing;
            }

            var version = _policies.Version;
            var service = _services.GetOrAdd(
                query.ServiceName,
                static (name, state) => new MeshService(name, state.Self._policies, state.Self._composition.Retries, state.Self._composition.Environment, state.Declared)
                {
                    Predicate = state.Self.PredicateOf(name),
                },
                (Self: this, Declared: declaredInCode));
            var set = new EndpointSet(key, service, _composition.Environment, _composition.Balancers, _composition.Own, _composition.Metrics, _logger);
            var sources = service.Policy.External ? [] : _composition.Sources.Create(query);
            set.Watch(new EndpointWatch(key, sources, set, _composition.Watching, _logger));
            _sets[key] = set;
            if (service.Policy.Mode != _notedMode)
            {
                LogModeOfService(_logger, service.Name, service.Policy.Mode);
            }

            if (_policies.Version != version)
            {
                // The change may have been announced before it could find these two.
                service.ApplyPolicy();
                set.ApplyPolicy();
            }

            return set;
        }
    }

    private FailurePredicate? PredicateOf(string service) =>
        _composition.Predicates.LastOrDefault(predicate => predicate.Service.Equals(service, StringComparison.OrdinalIgnoreCase)) is { } registration
            ? new FailurePredicate(registration, _composition.Metrics, _logger)
            : null;

    // A literal address names an instance, not a service.
    private static bool IsAddress(string host) =>
        host.Equals("localhost", StringComparison.OrdinalIgnoreCase) || Uri.CheckHostName(host) is UriHostNameType.IPv4 or UriHostNameType.IPv6;

    // Who has thrown the kill switch must find that in the log, and so must everybody else.
    private void NoteMode()
    {
        var mode = _policies.ForService("").Mode;
        if (mode != _notedMode)
        {
            _notedMode = mode;
            LogMode(_logger, mode);
        }
    }

    private void ApplyPolicies(PolicyChange change)
    {
        var general = _notedMode;
        NoteMode();
        var affected = _services.Values.Where(service => change.Affects(service.Name)).ToHashSet();
        foreach (var service in affected)
        {
            var before = service.Policy.Mode;
            service.ApplyPolicy();
            if (service.Policy.Mode != before && (before != general || service.Policy.Mode != _notedMode))
            {
                LogModeOfService(_logger, service.Name, service.Policy.Mode);
            }
        }

        foreach (var set in _sets.Values.Where(set => affected.Contains(set.Service)))
        {
            set.ApplyPolicy();
        }
    }

    private void AdvanceSets()
    {
        var now = _composition.Environment.Clock.Now();
        foreach (var set in _sets.Values)
        {
            try
            {
                set.Advance(now);
                _composition.Checks.Begin(set);
            }
#pragma warning disable CA1031 // Whatever comes out of a timer's callback ends the process, and the other sets have their own lives.
            catch (Exception exception)
#pragma warning restore CA1031
            {
                _composition.Metrics.InternalError(set.Service.Name, "beat");
                if (Interlocked.Exchange(ref _beatFaulted, 1) == 0)
                {
                    LogBeatFailed(_logger, set.Service.Name, exception);
                }
            }
        }

        foreach (var service in _services.Values)
        {
            service.Withdrawn.Forget(now);
        }
    }

    private void ApplyStandpoint()
    {
        foreach (var set in _sets.Values)
        {
            set.ApplyStandpoint();
        }
    }

    private void DropIdleSets()
    {
        var declared = DeclaredKeys.ToHashSet();
        foreach (var (key, set) in _sets)
        {
            if (set.TakeUsed() || declared.Contains(key))
            {
                continue;
            }

            // A new set of the service that comes into being meanwhile would be left with a service that no policy reaches any more.
            lock (_creation)
            {
                if (!_sets.TryRemove(new(key, set)))
                {
                    continue;
                }

                if (!_sets.Values.Any(other => ReferenceEquals(other.Service, set.Service)))
                {
                    _services.TryRemove(new(set.Service.Name, set.Service));
                }
            }

            LogDropped(_logger, key);
            _ = set.DisposeAsync().AsTask();
        }
    }
}
