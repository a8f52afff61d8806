namespace MeshLib.Tests.Health;

/// <summary>For tests that ask whether something changed, and not what.</summary>
internal static class BreakerCalls
{
    public static bool TryBeginProbe(this EndpointBreaker breaker, long now, TimeSpan limit, out int generation) => breaker.TryBeginProbe(now, limit, out generation, out _);

    public static bool Record(this EndpointBreaker breaker, BreakerSignal signal, int generation, long now) => breaker.Record(signal, generation, now, out _);
}
