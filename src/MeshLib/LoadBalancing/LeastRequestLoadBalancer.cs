namespace MeshLib;

/// <summary>Two choices by attempts in flight, as Envoy's LEAST_REQUEST and YARP's PowerOfTwoChoices. It knows no failures: an endpoint that fails fast attracts traffic until its breaker opens.</summary>
/// <param name="random">The source of the draw; safe on many threads, or used by one.</param>
/// <param name="choices">Endpoints compared for each pick, 2 or more.</param>
internal sealed class LeastRequestLoadBalancer(Random random, int choices = 2) : LoadBalancer
{
    /// <inheritdoc/>
    public override EndpointPicker CreatePicker(IReadOnlyList<MeshEndpoint> endpoints) =>
        new BestOfPicker<LeastRequestMetric>(new CandidateSet(endpoints), choices, random);
}
