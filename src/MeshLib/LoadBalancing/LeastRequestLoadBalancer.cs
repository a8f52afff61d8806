namespace MeshLib;

/// <summary>Two choices by attempts in flight, as Envoy's LEAST_REQUEST and YARP's PowerOfTwoChoices. It knows no failures: an endpoint that fails fast attracts traffic until its breaker opens.</summary>
/// <param name="random">The source of the draw; safe on many threads, or used by one.</param>
/// <param name="choices">Endpoints compared for each pick, 2 or more.</param>
/// <param name="bias">How much attempts in flight count against weight where weights differ (Envoy's active_request_bias); 0 is not at all, by weight alone.</param>
internal sealed class LeastRequestLoadBalancer(Random random, int choices = 2, double bias = 1) : LoadBalancer
{
    /// <inheritdoc/>
    public override EndpointPicker CreatePicker(IReadOnlyList<MeshEndpoint> endpoints)
    {
        var candidates = new CandidateSet(endpoints);

        // Among equal weights any bias says the same, save none.
        return bias > 0 && candidates.HasEqualWeights
            ? new BestOfPicker<LeastRequestMetric>(candidates, choices, random)
            : new WeightedLeastRequestPicker(candidates, choices, bias, random);
    }
}
