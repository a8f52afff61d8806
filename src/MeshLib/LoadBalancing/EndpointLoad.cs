namespace MeshLib;

internal sealed class EndpointLoad(MonotonicClock clock)
{
    private int _inFlight;

    internal MonotonicClock Clock => clock;

    public int InFlight => Volatile.Read(ref _inFlight);

    public void Begin() => Interlocked.Increment(ref _inFlight);
}
