namespace MeshLib;

/// <summary>
/// One instance of a service. Its identity is its address (and the registry's id); the object survives discovery updates and is the home of the instance's load and health.
/// </summary>
public sealed class MeshEndpoint
{
    /// <summary>A tenth of what those who read reports wait before they read again.</summary>
    private const double ReportEveryMilliseconds = 100;

    private EndpointMetadata _metadata;
    private volatile PhysicalUri? _latest;
    private volatile ReportedLoad? _reportedLoad;
    private long _reportDueAt = long.MinValue;
    private Reachability _reachability;

    internal MeshEndpoint(DiscoveredEndpoint discovered, MonotonicClock clock, CircuitBreakerSettings breaker, Random random)
    {
        Address = discovered.Address;
        HostName = discovered.HostName;
        _metadata = discovered.Metadata;
        Prefix = discovered.Prefix;
        Load = new EndpointLoad(clock);
        Breaker = new EndpointBreaker(breaker, clock, random);
    }

    /// <summary>Scheme, host and port, and a path prefix if the registry gave one.</summary>
    public Uri Address { get; }

    /// <summary>What the registry says of this instance now.</summary>
    public EndpointMetadata Metadata
    {
        get => Volatile.Read(ref _metadata);
        internal set => Volatile.Write(ref _metadata, value);
    }

    /// <summary>Attempts on their way to this instance, streamed bodies included.</summary>
    public int InFlight => Load.InFlight;

    /// <summary>The estimate of the instance's latency, or <see langword="null"/> before its first success.</summary>
    public TimeSpan? Latency => Load.LatencySeconds is { } seconds ? TimeSpan.FromSeconds(seconds) : null;

    /// <summary>Whether the instance gets traffic.</summary>
    public EndpointState State => Health.IsWithdrawn ? EndpointState.Withdrawn
        : Health.IsAway ? EndpointState.Draining
        : Breaker.State switch
        {
            BreakerState.Open => EndpointState.Open,
            BreakerState.Probing => EndpointState.Probing,
            _ when !IsHealthy => EndpointState.Unhealthy,
            _ => Health.Outlier.IsEjected ? EndpointState.Ejected : EndpointState.Available,
        };

    /// <summary>Whether neither the registry nor the mesh's own checks find fault with it.</summary>
    internal bool IsHealthy => Metadata.Healthy && Health.Check is not { IsUnhealthy: true };

    /// <summary>Whether nothing speaks against sending it calls.</summary>
    internal bool IsFit => State == EndpointState.Available;

    /// <summary>The share of traffic that is meant for this instance now, relative to its peers: what the registry gives it, times whatever reduces that for a while.</summary>
    internal double Capacity => Metadata.Weight * Health.Share;

    /// <summary>The part of this instance that is for this process to use, from 0 to 1; the rest is for its likes. Control code writes it.</summary>
    internal double Portion { get; set; } = 1;

    /// <summary>The share of this process's traffic that is meant for this instance now, relative to its peers.</summary>
    internal double Weight => Capacity * Portion;

    /// <summary>Whether anybody is there.</summary>
    internal ref Reachability Reachability => ref _reachability;

    /// <summary>What stands before a request's path and query on its way to this instance.</summary>
    internal string Prefix { get; }

    /// <summary>The host name to present (Host header, TLS name) where it differs from the address.</summary>
    internal string? HostName { get; }

    internal EndpointLoad Load { get; }

    internal EndpointBreaker Breaker { get; }

    /// <summary>What the instance last said of its own load; <see langword="null"/> while it says nothing.</summary>
    internal ReportedLoad? ReportedLoad => _reportedLoad;

    internal EndpointHealth Health { get; } = new();

    /// <inheritdoc/>
    public override string ToString() => Prefix;

    /// <summary>
    /// The physical address of a request. The latest one is kept: RPC-like traffic asks for few paths, and neither building nor parsing an address is cheap.
    /// </summary>
    internal MeshUri UriFor(string pathAndQuery)
    {
        if (_latest is not { } latest || !string.Equals(latest.PathAndQuery, pathAndQuery, StringComparison.Ordinal))
        {
            latest = new(pathAndQuery, new MeshUri(Prefix + pathAndQuery));
            _latest = latest;
        }

        return latest.Uri;
    }

    /// <summary>Whether a report would be news: looking for one in each of thousands of answers a second would cost more than it tells.</summary>
    internal bool IsReportDue(long now) => now >= Volatile.Read(ref _reportDueAt);

    /// <summary>Notes what the instance says of its own load, or that it says nothing. Of two reports at the same moment one is lost, which nobody misses.</summary>
    internal void Observe(LoadReport? report, long now)
    {
        Volatile.Write(ref _reportDueAt, now + (long)(ReportEveryMilliseconds / Load.MillisecondsPerTick));
        if (report is { } said)
        {
            _reportedLoad = new(said, _reportedLoad, now, Load.MillisecondsPerTick);
        }
    }

    /// <summary>The instance has left its set. Whoever comes back at its address reports a load of its own.</summary>
    internal void Leave()
    {
        Health.Leave();
        _reportedLoad = null;
    }

    private sealed record PhysicalUri(string PathAndQuery, MeshUri Uri);
}
