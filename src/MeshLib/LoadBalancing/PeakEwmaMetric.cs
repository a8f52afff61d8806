using System.Runtime.CompilerServices;

namespace MeshLib;

/// <summary>Latency or failure penalty, times attempts in flight.</summary>
internal readonly struct PeakEwmaMetric(uint milliseconds) : ILoadMetric<PeakEwmaMetric>
{
    public static PeakEwmaMetric At(uint milliseconds) => new(milliseconds);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public long CostLog2(EndpointLoad load) => load.CostLog2(milliseconds);
}
