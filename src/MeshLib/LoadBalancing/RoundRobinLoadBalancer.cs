namespace MeshLib;

/// <summary>
/// One endpoint after the other, in proportion to weight. The position outlives the picker and begins at random: otherwise every change of health, and every process that
/// starts, would send the next request to the first endpoint.
/// </summary>
/// <param name="random">Draws where to begin.</param>
internal sealed class RoundRobinLoadBalancer(Random random) : LoadBalancer
{
    private long _position = random.NextInt64();

    /// <inheritdoc/>
    public override EndpointPicker CreatePicker(IReadOnlyList<MeshEndpoint> endpoints) => new Picker(new CandidateSet(endpoints), this);

    private sealed class Picker(CandidateSet candidates, RoundRobinLoadBalancer owner) : EndpointPicker
    {
        /// <summary>
        /// 2^64 ÷ the golden ratio. Its multiples modulo 2^64 are the most even sequence there is at every length (Knuth, TAOCP 3, 6.4), so they do for unequal weights what
        /// counting does for equal ones, without a schedule in memory or a lock: no endpoint is ever more than a few turns ahead of its share.
        /// </summary>
        private const ulong GoldenStep = 0x9E3779B97F4A7C15;

        private readonly WeightTable? _weights = WeightTable.ForUnequal(candidates);

        /// <inheritdoc/>
        public override MeshEndpoint? Pick(MeshCall call)
        {
            if (candidates.Count == 0)
            {
                return null;
            }

            var position = (ulong)Interlocked.Increment(ref owner._position);
            var index = _weights is null ? (int)((uint)position % (uint)candidates.Count) : _weights.Index(position * GoldenStep);
            return candidates.UntriedFrom(index, call);
        }
    }
}
