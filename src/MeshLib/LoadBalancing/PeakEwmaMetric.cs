namespace MeshLib;

/// <summary>Latency or failure penalty, times attempts in flight.</summary>
internal readonly struct PeakEwmaMetric(long now) : ILoadMetric<PeakEwmaMetric>
{
    public static PeakEwmaMetric At(long now) => new(now);

    public double Cost(EndpointLoad load) => load.Cost(now, EndpointLoad.UnprovenSeconds);
}
