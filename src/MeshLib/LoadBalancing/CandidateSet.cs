namespace MeshLib;

/// <summary>
/// The endpoints a picker chooses from, with what the choice reads laid side by side: at 10 000 endpoints each pointer followed is a cache miss.
/// Endpoints of weight 0 are left out unless there are no others. Weights are those of the moment the picker is made.
/// </summary>
internal sealed class CandidateSet
{
    private readonly Candidate[] _candidates;

    public CandidateSet(IReadOnlyList<MeshEndpoint> endpoints)
    {
        var weighted = endpoints.Select(static e => new Candidate(e, e.Load, e.Weight)).Where(static candidate => candidate.Weight > 0).ToArray();
        _candidates = weighted.Length > 0 ? weighted : [.. endpoints.Select(static e => new Candidate(e, e.Load, 1))];
        MillisecondsPerTick = _candidates.Length > 0 ? _candidates[0].Load.MillisecondsPerTick : 0;
        HasEqualWeights = !_candidates.Select(static candidate => candidate.Weight).Distinct().Skip(1).Any();
    }

    public int Count => _candidates.Length;

    public bool HasEqualWeights { get; }

    /// <summary>Milliseconds in one tick of the endpoints' clock.</summary>
    public double MillisecondsPerTick { get; }

    /// <summary>A timestamp of the endpoints' clock in milliseconds, as their costs want it.</summary>
    public uint Milliseconds(long timestamp) => (uint)(long)(timestamp * MillisecondsPerTick);

    public ReadOnlySpan<Candidate> All => _candidates;

    public EndpointLoad[] Loads() => Array.ConvertAll(_candidates, static candidate => candidate.Load);

    public double[] Weights() => Array.ConvertAll(_candidates, static candidate => candidate.Weight);

    public long[] WeightsLog2() => Array.ConvertAll(_candidates, static candidate => candidate.WeightLog2);

    /// <summary>The largest part of all weight that one endpoint has.</summary>
    public double LargestShare() => _candidates.Max(static candidate => candidate.Weight) / _candidates.Sum(static candidate => candidate.Weight);

    /// <summary>The endpoint at <paramref name="index"/>, or the next one that the call has not tried; the former when it has tried all. Ends after as many steps as the call has tries.</summary>
    public MeshEndpoint UntriedFrom(int index, MeshCall call)
    {
        var i = index;
        do
        {
            if (!call.HasTried(_candidates[i].Endpoint))
            {
                return _candidates[i].Endpoint;
            }

            i = i + 1 == _candidates.Length ? 0 : i + 1;
        }
        while (i != index);
        return _candidates[index].Endpoint;
    }

    public readonly struct Candidate(MeshEndpoint endpoint, EndpointLoad load, double weight)
    {
        public readonly MeshEndpoint Endpoint = endpoint;
        public readonly EndpointLoad Load = load;
        public readonly long WeightLog2 = Log2.Of(weight);
        public readonly double Weight = weight;
    }
}
