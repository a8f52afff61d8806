namespace MeshLib;

/// <summary>
/// One instance of a service. Its identity is its address; the object survives discovery updates and is the home of the instance's load and health.
/// </summary>
public sealed class MeshEndpoint
{
    private EndpointMetadata _metadata;

    internal MeshEndpoint(Uri address, EndpointMetadata metadata, string? hostName, MonotonicClock clock, CircuitBreakerSettings breaker, Random random)
    {
        Address = address;
        HostName = hostName;
        _metadata = metadata;
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

    /// <summary>The host name to present (Host header, TLS name) where it differs from the address.</summary>
    internal string? HostName { get; }

    internal EndpointLoad Load { get; }

    internal EndpointBreaker Breaker { get; }

    /// <inheritdoc/>
    public override string ToString() => Address.GetLeftPart(UriPartial.Authority);
}
