using Microsoft.Extensions.Logging;

namespace MeshLib.Consul;

/// <summary>What all watches of a host share.</summary>
/// <param name="Client">The one client.</param>
/// <param name="Options">Valid options.</param>
/// <param name="Time">The time of every delay and duration.</param>
/// <param name="Random">The source of jitter; called by many loops, so it must be safe for concurrent use.</param>
/// <param name="Signals">Where state changes are told.</param>
internal sealed record WatchContext(ConsulClient Client, ConsulOptions Options, TimeProvider Time, Random Random, WatchSignals Signals)
{
    public MonotonicClock Clock { get; } = new(Time);
}

/// <summary>The outlets for state changes.</summary>
internal sealed record WatchSignals(ILogger<ServiceWatch> Logger, ConsulMetrics Metrics);
