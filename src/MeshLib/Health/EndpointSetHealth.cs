using Microsoft.Extensions.Logging;

namespace MeshLib;

/// <summary>
/// What happens to the health of a set's endpoints beside their breakers: ejections, absences, checks and warming up. Control code: every member is called under the set's lock, and a result of
/// <see langword="true"/> asks for a new snapshot.
/// </summary>
internal sealed partial class EndpointSetHealth
{
    // The multiples of 1/φ modulo 1 are spread evenly at every number of them (Knuth, TAOCP 3, 6.4).
    private const double GoldenStep = 0.6180339887498949;

    private static readonly TimeSpan Deafness = TimeSpan.FromSeconds(1);

    private readonly string _service;
    private readonly MonotonicClock _clock;
    private readonly MeshMetrics _metrics;
    private readonly ILogger _logger;
    private readonly OutlierDetector _outliers;
    private double _nextPhase;
    private long _judgedAt;
    private long _deafUntil;
    private int _nextChecked;

    public EndpointSetHealth(string service, MeshEnvironment environment, MeshMetrics metrics, ILogger logger)
    {
        _service = service;
        _clock = environment.Clock;
        _metrics = metrics;
        _logger = logger;
        _outliers = new OutlierDetector(_clock);
        _nextPhase = environment.Random.NextDouble();
        _judgedAt = _clock.Now();
    }

    /// <summary>
    /// Until when announcements are not listened to, because one could not be believed: where all announce, that must not be reckoned anew with every answer. The one member that is read without the lock.
    /// </summary>
    public long DeafUntil => Volatile.Read(ref _deafUntil);

    /// <summary>What time alone changes.</summary>
    /// <param name="members">The members of the set.</param>
    /// <param name="compared">Those of them of whom a share may be ejected.</param>
    /// <param name="policy">The service's policy.</param>
    /// <param name="now">The current timestamp.</param>
    public bool Advance(IReadOnlyList<MeshEndpoint> members, IReadOnlyList<MeshEndpoint> compared, EffectivePolicy policy, long now)
    {
        // First, because whoever returns now was not there in the interval that ends: it has given no reason to be forgiven.
        var changed = Judge(members, compared, policy, now);
        foreach (var endpoint in members)
        {
            var health = endpoint.Health;
            if (health.Outlier.IsEjected && (now >= health.Outlier.EjectedUntil || !policy.OutlierDetection.Enabled))
            {
                health.Outlier.Readmit();
                LogReturned(_logger, _service, endpoint.Prefix, "its ejection is over");
                changed = true;
            }

            if (health.AwayUntil != 0 && now >= health.AwayUntil)
            {
                health.AwayUntil = 0;
                LogReturned(_logger, _service, endpoint.Prefix, "the time that it announced is over");
                changed = true;
            }

            changed |= health.WarmingSince != 0;
        }

        return changed;
    }

    /// <summary>
    /// Lets those warm up that could get no calls a moment ago, be it that they were not there. Only beside somebody who carries the load meanwhile: those who start together have nobody to spare them.
    /// </summary>
    /// <param name="members">The members of the set.</param>
    /// <param name="policy">The service's policy.</param>
    /// <param name="proven">Whether any member has proven itself yet.</param>
    /// <param name="now">The current timestamp.</param>
    public void WarmUp(IReadOnlyList<MeshEndpoint> members, EffectivePolicy policy, bool proven, long now)
    {
        // Who only observes changes nobody's share.
        var window = policy.Mode == MeshMode.Enforce ? policy.LoadBalancing.SlowStart : TimeSpan.Zero;
        var spared = proven && window > TimeSpan.Zero && members.Any(static endpoint => endpoint is { IsFit: true, Health: { WasLive: true, WarmingSince: 0 } });
        foreach (var endpoint in members)
        {
            var health = endpoint.Health;
            if (!endpoint.IsFit)
            {
                health.WarmingSince = 0;
            }
            else if (!health.WasLive && spared)
            {
                health.WarmingSince = Math.Max(now, 1);
            }

            health.Share = health.WarmingSince == 0 ? 1 : SlowStart.ShareAt(_clock.Between(health.WarmingSince, now), window);
            if (health.Share >= 1)
            {
                health.WarmingSince = 0;
            }
        }
    }

    /// <summary>Takes note of who can get calls now.</summary>
    public static void Note(EndpointSnapshot snapshot)
    {
        foreach (var endpoint in snapshot.All)
        {
            endpoint.Health.WasLive = false;
        }

        foreach (var endpoint in snapshot.Live)
        {
            endpoint.Health.WasLive = true;
        }
    }

    /// <summary>
    /// An endpoint has announced that it will be away. It is believed while enough others are left to do its work: where all say so it is overload, and sending everything to the last ones would be their end.
    /// </summary>
    public bool Announce(IReadOnlyList<MeshEndpoint> members, MeshEndpoint endpoint, TimeSpan away, EffectivePolicy policy, long now)
    {
        if (endpoint.Health.IsAway || endpoint.Health.HasLeft)
        {
            return false;
        }

        var (known, left) = (0, 0);
        foreach (var member in members)
        {
            known += member.Health.IsWithdrawn ? 0 : 1;
            left += member.IsFit && !ReferenceEquals(member, endpoint) ? 1 : 0;
        }

        if (left == 0 || left < policy.LoadBalancing.PanicThreshold * known)
        {
            Volatile.Write(ref _deafUntil, _clock.After(now, Deafness));
            return false;
        }

        var longest = policy.OutlierDetection.MaxEjectionTime;
        away = away < longest ? away : longest;
        endpoint.Health.WasSeenGone = false;
        endpoint.Health.AwayUntil = Math.Max(1, _clock.After(now, away));
        _metrics.EndpointEjected(_service, EjectionReason.Announced);
        LogAnnounced(_logger, _service, endpoint.Prefix, away.TotalSeconds);
        return true;
    }

    /// <summary>Takes over what was ejected by hand before the members were known to this set.</summary>
    public static bool Withdraw(IReadOnlyList<MeshEndpoint> members, WithdrawnAddresses withdrawn)
    {
        var changed = false;
        foreach (var endpoint in members)
        {
            var ejected = withdrawn.Contains(endpoint.Address);
            changed |= endpoint.Health.IsWithdrawn != ejected;
            endpoint.Health.IsWithdrawn = ejected;
        }

        return changed;
    }

    /// <summary>Takes an endpoint out by hand.</summary>
    public bool TakeOut(MeshEndpoint endpoint, EndpointState state)
    {
        var before = endpoint.State;
        if (state == EndpointState.Withdrawn)
        {
            endpoint.Health.IsWithdrawn = true;
        }
        else
        {
            endpoint.Health.AwayUntil = long.MaxValue;
        }

        if (endpoint.State == before)
        {
            return false;
        }

        _metrics.EndpointEjected(_service, EjectionReason.Manual);
        LogTakenOut(_logger, _service, endpoint.Prefix, state);
        return true;
    }

    /// <summary>Ends whatever keeps an endpoint out but its breaker, its checks and its registry.</summary>
    public bool Restore(MeshEndpoint endpoint)
    {
        var health = endpoint.Health;
        if (!health.IsAway && !health.Outlier.IsEjected)
        {
            return false;
        }

        health.IsWithdrawn = false;
        health.AwayUntil = 0;
        health.Outlier.Readmit();
        LogReturned(_logger, _service, endpoint.Prefix, "somebody restored it");
        return true;
    }

    /// <summary>Those of <paramref name="endpoints"/> whose check is due, noted as being checked, in turn and at most <paramref name="most"/>.</summary>
    public List<MeshEndpoint> BeginChecks(IReadOnlyList<MeshEndpoint> endpoints, EffectivePolicy policy, int most, long now)
    {
        var due = new List<MeshEndpoint>();
        var interval = _clock.After(0, policy.HealthCheck.Interval);
        for (var i = 0; i < endpoints.Count && due.Count < most; i++)
        {
            _nextChecked = (_nextChecked + 1) % endpoints.Count;
            var endpoint = endpoints[_nextChecked];
            var check = endpoint.Health.Check ??= new HealthCheckMonitor(now + (long)(interval * Phase()));
            if (check.TryBegin(now, interval))
            {
                due.Add(endpoint);
            }
        }

        return due;
    }

    /// <summary>Takes a check's result.</summary>
    public bool EndCheck(MeshEndpoint endpoint, bool passed, EffectivePolicy policy)
    {
        if (endpoint.Health.Check is not { } check)
        {
            return false;
        }

        var changed = check.End(passed, policy.HealthCheck);
        if (changed && passed)
        {
            LogReturned(_logger, _service, endpoint.Prefix, "its checks pass");
        }
        else if (changed)
        {
            _metrics.EndpointEjected(_service, EjectionReason.HealthCheck);
            LogUnhealthy(_logger, _service, endpoint.Prefix);
        }

        // As in Envoy: whoever asks an endpoint how it is believes the answer rather than the past.
        if (passed && !check.IsUnhealthy && endpoint.Health.Outlier.IsEjected)
        {
            endpoint.Health.Outlier.Readmit();
            LogReturned(_logger, _service, endpoint.Prefix, "its checks pass");
            changed = true;
        }

        return EndAbsence(endpoint, passed) || changed;
    }

    /// <summary>Forgets what checks said that are no longer made.</summary>
    public static void EndChecks(IReadOnlyList<MeshEndpoint> members)
    {
        foreach (var endpoint in members)
        {
            endpoint.Health.Check = null;
        }
    }

    // Who has been gone and is back has been away for as long as it meant to be.
    private bool EndAbsence(MeshEndpoint endpoint, bool passed)
    {
        var health = endpoint.Health;
        health.WasSeenGone |= !passed;
        if (!passed || !health.IsLeaving || !health.WasSeenGone)
        {
            return false;
        }

        health.AwayUntil = 0;
        LogReturned(_logger, _service, endpoint.Prefix, "its checks pass");
        return true;
    }

    private bool Judge(IReadOnlyList<MeshEndpoint> members, IReadOnlyList<MeshEndpoint> compared, EffectivePolicy policy, long now)
    {
        var settings = policy.OutlierDetection;
        if (!settings.Enabled || _clock.Between(_judgedAt, now) < settings.Interval)
        {
            return false;
        }

        _judgedAt = now;
        var peers = new List<MeshEndpoint>(members.Count);
        foreach (var endpoint in members)
        {
            if (endpoint.IsFit)
            {
                peers.Add(endpoint);
            }
            else
            {
                // What it did before it was taken out has been judged by that.
                endpoint.Health.Outlier.Take();
            }
        }

        var known = compared.Count(static endpoint => !endpoint.Health.IsAway);
        var ejected = compared.Count(static endpoint => endpoint.Health.Outlier.IsEjected);
        var available = compared.Count(static endpoint => endpoint.IsFit);
        var allowance = OutlierDetector.Allowance(known, ejected, available, settings);
        var outliers = _outliers.Judge([.. peers.Select(static endpoint => endpoint.Health.Outlier)], allowance, settings, now);
        foreach (var outlier in outliers)
        {
            _metrics.EndpointEjected(_service, outlier.Reason);
            LogEjected(_logger, _service, peers[outlier.Index].Prefix, outlier.For.TotalSeconds, outlier.Reason.Tag(), outlier.Sample.Failures, outlier.Sample.Total, outlier.Mean);
        }

        return outliers.Count > 0;
    }

    private double Phase()
    {
        _nextPhase += GoldenStep;
        return _nextPhase -= Math.Floor(_nextPhase);
    }
}
