namespace MeshLib;

/// <summary>
/// The default: six choices by latency, failure penalty and attempts in flight. Six, because with ten clients that know nothing of each other two choices have a p99 half as long again among ten
/// unequal endpoints, and with five the goal of 1.3 times an all-knowing balancer's would be met on some days only; each further choice costs some nanoseconds and gains two or three percent.
/// </summary>
internal sealed class PeakEwmaLoadBalancer(Random random) : LoadBalancer
{
    /// <inheritdoc/>
    public override EndpointPicker CreatePicker(IReadOnlyList<MeshEndpoint> endpoints) =>
        new BestOfPicker<PeakEwmaMetric>(new CandidateSet(endpoints), choices: 6, random);
}
