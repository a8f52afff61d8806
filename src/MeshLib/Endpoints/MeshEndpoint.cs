namespace MeshLib;

/// <summary>
/// One instance of a service. Its identity is its address (and the registry's id); the object survives discovery updates and is the home of the instance's load and health.
/// </summary>
public sealed class MeshEndpoint
{
    private EndpointMetadata _metadata;
    private volatile PhysicalUri? _latest;
    private volatile bool _unreachable;

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
    public EndpointState State => Breaker.State switch
    {
        BreakerState.Open => EndpointState.Open,
        BreakerState.Probing => EndpointState.Probing,
        _ => Metadata.Healthy ? EndpointState.Available : EndpointState.Unhealthy,
    };

    /// <summary>The share of traffic that is meant for this instance now, relative to its peers: what the registry gives it, times whatever reduces that for a while.</summary>
    internal double Capacity => Metadata.Weight;

    /// <summary>The part of this instance that is for this process to use, from 0 to 1; the rest is for its likes. Control code writes it.</summary>
    internal double Portion { get; set; } = 1;

    /// <summary>The share of this process's traffic that is meant for this instance now, relative to its peers.</summary>
    internal double Weight => Capacity * Portion;

    /// <summary>Whether the last attempt found nobody there.</summary>
    internal bool IsUnreachable
    {
        get => _unreachable;
        set => _unreachable = value;
    }

    /// <summary>What stands before a request's path and query on its way to this instance.</summary>
    internal string Prefix { get; }

    /// <summary>The host name to present (Host header, TLS name) where it differs from the address.</summary>
    internal string? HostName { get; }

    internal EndpointLoad Load { get; }

    internal EndpointBreaker Breaker { get; }

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

    private sealed record PhysicalUri(string PathAndQuery, MeshUri Uri);
}
