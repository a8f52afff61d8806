namespace MeshLib;

internal sealed class EndpointBreaker(CircuitBreakerSettings settings, MonotonicClock clock, Random random)
{
    internal object Parts => (settings, clock, random);
}
