namespace MeshLib;

/// <summary>
/// Round robin by what instances say they can do, as gRPC's weighted_round_robin (proposal A58): where at least two send load reports, capacities take the place of weights, read
/// anew each second; where not, it is round robin by weight.
/// </summary>
/// <param name="random">Draws where to begin.</param>
/// <param name="errorPenalty">How much utilization an instance that answers nothing but errors is taken to lose.</param>
internal sealed class WeightedRoundRobinLoadBalancer(Random random, double errorPenalty = 1) : LoadBalancer
{
    private const double ReadAgainMilliseconds = 1000;

    private readonly RoundRobinLoadBalancer _unreported = new(random);
    private long _sequence = random.NextInt64(1L << 40);

    /// <inheritdoc/>
    public override EndpointPicker CreatePicker(IReadOnlyList<MeshEndpoint> endpoints) => new Picker(new CandidateSet(endpoints), this);

    private sealed class Picker(CandidateSet candidates, WeightedRoundRobinLoadBalancer owner) : EndpointPicker
    {
        private readonly EndpointPicker _unreported = owner._unreported.CreatePicker(candidates);
        private volatile StaticStride? _reported;
        private long _readAgainAt = long.MinValue;

        /// <inheritdoc/>
        public override MeshEndpoint? Pick(MeshCall call)
        {
            if (call.AttemptStarted >= Volatile.Read(ref _readAgainAt))
            {
                ReadReports(call.AttemptStarted);
            }

            return _reported is { } stride ? candidates.UntriedFrom(stride.Next(ref owner._sequence), call) : _unreported.Pick(call);
        }

        // No timer: whoever comes first after a second reads for all, and nobody reads for a service that nobody calls.
        private void ReadReports(long now)
        {
            var due = Volatile.Read(ref _readAgainAt);
            if (candidates.Count > 0 && now >= due && Interlocked.CompareExchange(ref _readAgainAt, now + (long)(ReadAgainMilliseconds / candidates.MillisecondsPerTick), due) == due)
            {
                _reported = ReportedWeights.Of(candidates, owner.ErrorPenalty, now) is { } weights ? new StaticStride(weights) : null;
            }
        }
    }

    private double ErrorPenalty => errorPenalty;
}
