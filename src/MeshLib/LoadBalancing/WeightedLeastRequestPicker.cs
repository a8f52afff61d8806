namespace MeshLib;

/// <summary>
/// The least busy of a few endpoints where weights differ. Each choice is drawn in proportion to weight, as Finagle's aperture draws, so that idle endpoints share
/// by weight; of busy ones the highest effective weight wins, weight ÷ (attempts in flight + 1)^bias, as Envoy defines it. Comparing effective weights of evenly drawn
/// endpoints would do for neither end: at rest the heavier of two would always win, and the lighter would never see a call.
/// </summary>
internal sealed class WeightedLeastRequestPicker : EndpointPicker
{
    /// <summary>Below the cost of every busy endpoint.</summary>
    private const long Idle = long.MinValue;

    private readonly CandidateSet _candidates;
    private readonly WeightTable? _weights;
    private readonly Random _random;
    private readonly double _bias;
    private readonly int _choices;

    public WeightedLeastRequestPicker(CandidateSet candidates, int choices, double bias, Random random)
    {
        _candidates = candidates;
        _weights = WeightTable.ForUnequal(candidates);
        _random = random;
        _bias = bias;

        // Without a bias attempts in flight count for nothing: there is nothing to compare.
        _choices = bias > 0 ? Math.Max(choices, 2) : 1;
    }

    /// <inheritdoc/>
    public override MeshEndpoint? Pick(MeshCall call)
    {
        var all = _candidates.All;
        if (all.IsEmpty)
        {
            return null;
        }

        var winner = Draw();
        var least = Cost(all[winner]);
        for (var left = _choices - 1; left > 0 && least != Idle; left--)
        {
            var index = Draw();
            if (Cost(all[index]) is var cost && cost < least)
            {
                (winner, least) = (index, cost);
            }
        }

        return _candidates.UntriedFrom(winner, call);
    }

    /// <summary>The logarithm of what an endpoint costs: the inverse of its effective weight.</summary>
    internal static long CostLog2(int inFlight, long weightLog2, double bias) => inFlight == 0 ? Idle : (long)(bias * Log2.Of(inFlight + 1)) - weightLog2;

    private int Draw() => _weights is null ? _random.Next(_candidates.Count) : _weights.Index((ulong)_random.NextInt64() << 1);

    private long Cost(in CandidateSet.Candidate candidate) => CostLog2(candidate.Load.InFlight, candidate.WeightLog2, _bias);
}
