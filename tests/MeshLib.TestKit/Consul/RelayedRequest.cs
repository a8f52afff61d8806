namespace MeshLib.TestKit;

/// <summary>A request that went through a <see cref="ConsulRelay"/>.</summary>
/// <param name="target">Path and query.</param>
public sealed class RelayedRequest(string target)
{
    private long _endedAt;

    /// <summary>Path and query.</summary>
    public string Target { get; } = target;

    /// <summary>When it came, in the ticks of <see cref="TimeProvider.System"/>.</summary>
    public long SentAt { get; } = TimeProvider.System.GetTimestamp();

    /// <summary>Whether it may wait for a change.</summary>
    public bool IsBlocking => Target.Contains("index=", StringComparison.Ordinal);

    /// <summary>From its coming to the begin of its answer or its end without one; until now where there is neither.</summary>
    public TimeSpan Duration => TimeProvider.System.GetElapsedTime(SentAt, Volatile.Read(ref _endedAt) is var ended and > 0 ? ended : TimeProvider.System.GetTimestamp());

    internal void End() => Interlocked.CompareExchange(ref _endedAt, TimeProvider.System.GetTimestamp(), 0);
}
