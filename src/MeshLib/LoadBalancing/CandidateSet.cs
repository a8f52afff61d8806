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
        var weighted = endpoints.Where(e => e.Metadata.Weight > 0).Select(e => new Candidate(e, e.Load, e.Metadata.Weight)).ToArray();
        _candidates = weighted.Length > 0 ? weighted : [.. endpoints.Select(e => new Candidate(e, e.Load, 1))];
    }

    public int Count => _candidates.Length;

    public ref readonly Candidate this[int index] => ref _candidates[index];

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

    public readonly struct Candidate(MeshEndpoint endpoint, EndpointLoad load, int weight)
    {
        public readonly MeshEndpoint Endpoint = endpoint;
        public readonly EndpointLoad Load = load;
        public readonly double InverseWeight = 1.0 / weight;
    }
}
