namespace MeshLib;

/// <summary>Maps a uniform number to an index with the chance of its weight, in O(1): Walker's alias method in Vose's form (IEEE TSE 17(9), 1991).</summary>
internal sealed class WeightTable
{
    private readonly double[] _ownShare;
    private readonly int[] _alias;

    /// <summary>The table of a set, or <see langword="null"/> where equal weights make it needless.</summary>
    public static WeightTable? ForUnequal(CandidateSet candidates) => candidates.HasEqualWeights ? null : new WeightTable(candidates.Weights());

    /// <param name="weights">At least one, all positive.</param>
    public WeightTable(ReadOnlySpan<double> weights)
    {
        var n = weights.Length;
        _ownShare = new double[n];
        _alias = new int[n];
        var total = 0.0;
        foreach (var weight in weights)
        {
            total += weight;
        }

        var (small, large) = (new Stack<int>(), new Stack<int>());
        for (var i = 0; i < n; i++)
        {
            _ownShare[i] = weights[i] * n / total;
            (_ownShare[i] < 1 ? small : large).Push(i);
        }

        while (small.Count > 0 && large.Count > 0)
        {
            var (poor, rich) = (small.Pop(), large.Pop());
            _alias[poor] = rich;
            _ownShare[rich] -= 1 - _ownShare[poor];
            (_ownShare[rich] < 1 ? small : large).Push(rich);
        }

        // What is left differs from a full column by rounding only.
        foreach (var full in small.Concat(large))
        {
            _ownShare[full] = 1;
        }
    }

    /// <param name="bits">A number uniform over all 64 bits: the upper part of its product with the count is the column, the lower part decides within it.</param>
    public int Index(ulong bits)
    {
        var column = (int)Math.BigMul(bits, (ulong)_alias.Length, out var rest);
        return (rest >> 11) * (1.0 / (1UL << 53)) < _ownShare[column] ? column : _alias[column];
    }
}
