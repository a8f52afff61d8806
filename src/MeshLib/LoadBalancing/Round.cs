namespace MeshLib;

/// <summary>
/// Whose turn it is at a position, in proportion to weight. A position is a fraction of the round in 64 bits, so that it means the same in the round that comes after a
/// change of the set: whoever was about to have its turn still is, and nobody has it twice. A turn is one addition, whatever the size and the weights.
/// </summary>
internal sealed class Round
{
    /// <summary>
    /// 2^64 ÷ the golden ratio. Its multiples modulo 2^64 are the most even sequence there is at every length (Knuth, TAOCP 3, 6.4), so they do for any weights what
    /// counting does for equal ones: no endpoint is ever more than a few turns ahead of its share.
    /// </summary>
    private const ulong GoldenStep = 0x9E3779B97F4A7C15;

    /// <summary>Writing a cycle down takes turns × endpoints: up to here a quarter of a millisecond.</summary>
    private const int MostTurns = 512;

    private readonly int _count;
    private readonly int[]? _cycle;
    private readonly WeightTable? _weights;

    /// <param name="candidates">At least one.</param>
    public Round(CandidateSet candidates)
    {
        _count = candidates.Count;
        if (!candidates.HasEqualWeights)
        {
            _cycle = CycleOf(candidates);
            _weights = _cycle is null ? WeightTable.ForUnequal(candidates) : null;
            _count = _cycle?.Length ?? _count;
        }

        Step = _weights is null ? ulong.MaxValue / (ulong)Math.Max(_count, 1) : GoldenStep;
    }

    /// <summary>How far one turn moves the position.</summary>
    public ulong Step { get; }

    public int At(ulong position)
    {
        if (_weights is not null)
        {
            return _weights.Index(position);
        }

        var turn = (int)Math.BigMul(position, (ulong)_count, out _);
        return _cycle is null ? turn : _cycle[turn];
    }

    /// <summary>The smooth cycle of weights that are small whole numbers once their common divisor is taken out; else <see langword="null"/>.</summary>
    private static int[]? CycleOf(CandidateSet candidates)
    {
        var divisor = 0;
        foreach (ref readonly var candidate in candidates.All)
        {
            if (candidate.Weight != Math.Truncate(candidate.Weight) || candidate.Weight > int.MaxValue)
            {
                return null;
            }

            divisor = CommonDivisor(divisor, (int)candidate.Weight);
        }

        var (weights, turns) = (new int[candidates.Count], 0L);
        for (var i = 0; i < weights.Length; i++)
        {
            weights[i] = (int)candidates.All[i].Weight / divisor;
            turns += weights[i];
        }

        return turns <= MostTurns ? SmoothCycle.Of(weights) : null;
    }

    private static int CommonDivisor(int left, int right)
    {
        while (right != 0)
        {
            (left, right) = (right, left % right);
        }

        return left;
    }
}
