namespace MeshLib;

/// <summary>
/// The default: six choices by latency, failure penalty and attempts in flight. Six, because with ten clients that know nothing of each other two choices have a p99 half as long again among ten
/// unequal endpoints, and with five the goal of 1.3 times an all-knowing balancer's would be met on some days only; each further choice costs some nanoseconds and gains two or three percent.
/// </summary>
internal sealed class PeakEwmaLoadBalancer(Random random) : LoadBalancer
{
    private const int Choices = 6;

    /// <inheritdoc/>
    public override EndpointPicker CreatePicker(IReadOnlyList<MeshEndpoint> endpoints)
    {
        var candidates = new CandidateSet(endpoints);

        // Drawn evenly, an endpoint among many is one of the choices for so many picks and no more, which may be less than its weight is worth; half of that is taken for enough to spare.
        var evenly = candidates.Count <= Choices || candidates.HasEqualWeights || candidates.LargestShare() <= 0.5 * Choices / candidates.Count;
        return evenly ? new BestOfPicker<PeakEwmaMetric>(candidates, Choices, random) : new WeightedBestOfPicker<PeakEwmaMetric>(candidates, Choices, random);
    }
}
