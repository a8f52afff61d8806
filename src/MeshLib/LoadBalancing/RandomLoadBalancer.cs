namespace MeshLib;

/// <summary>
/// A random endpoint, in proportion to weight: <c>Random</c> and <c>WeightedRandom</c> alike. A <c>Random</c> that is blind to weights would send a canary of weight 1 as much as its
/// peers of weight 100, and with equal weights there is no difference.
/// </summary>
/// <param name="random">The source of the draw; safe on many threads, or used by one.</param>
internal sealed class RandomLoadBalancer(Random random) : LoadBalancer
{
    /// <inheritdoc/>
    public override EndpointPicker CreatePicker(IReadOnlyList<MeshEndpoint> endpoints) => new Picker(new CandidateSet(endpoints), random);

    private sealed class Picker(CandidateSet candidates, Random random) : EndpointPicker
    {
        private readonly WeightTable? _weights = WeightTable.ForUnequal(candidates);

        /// <inheritdoc/>
        public override MeshEndpoint? Pick(MeshCall call)
        {
            if (candidates.Count == 0)
            {
                return null;
            }

            var index = _weights is null ? random.Next(candidates.Count) : _weights.Index((ulong)random.NextInt64() << 1);
            return candidates.UntriedFrom(index, call);
        }
    }
}
