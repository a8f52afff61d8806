namespace MeshLib;

/// <summary>
/// One endpoint after the other, in proportion to weight and smoothly: an endpoint of weight 5 has every second turn or so, not five in a row. The position outlives the
/// picker and begins at random: otherwise every change of health, and every process that starts, would send the next request to the first endpoint.
/// </summary>
/// <param name="random">Draws where to begin.</param>
internal sealed class RoundRobinLoadBalancer(Random random) : LoadBalancer
{
    private ulong _position = (ulong)random.NextInt64() << 1;

    /// <inheritdoc/>
    public override EndpointPicker CreatePicker(IReadOnlyList<MeshEndpoint> endpoints) => CreatePicker(new CandidateSet(endpoints));

    public EndpointPicker CreatePicker(CandidateSet candidates) => new Picker(candidates, this);

    private sealed class Picker(CandidateSet candidates, RoundRobinLoadBalancer owner) : EndpointPicker
    {
        private readonly Round _round = new(candidates);

        /// <inheritdoc/>
        public override MeshEndpoint? Pick(MeshCall call) =>
            candidates.Count == 0 ? null : candidates.UntriedFrom(_round.At(Interlocked.Add(ref owner._position, _round.Step)), call);
    }
}
