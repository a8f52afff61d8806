namespace MeshLib;

/// <summary>Attempts in flight, this one included (Envoy, with its bias of 1).</summary>
internal readonly struct LeastRequestMetric : ILoadMetric<LeastRequestMetric>
{
    public static LeastRequestMetric At(uint milliseconds) => default;

    public long CostLog2(EndpointLoad load) => Log2.Of(load.InFlight + 1);
}
