namespace MeshLib;

/// <summary>Attempts in flight, this one included (Envoy, with its bias of 1).</summary>
internal readonly struct LeastRequestMetric : ILoadMetric<LeastRequestMetric>
{
    public static LeastRequestMetric At(long now) => default;

    public double Cost(EndpointLoad load) => load.InFlight + 1;
}
