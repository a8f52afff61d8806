using System.Numerics;

namespace MeshLib;

/// <summary>
/// The cheapest of a few endpoints drawn without replacement; of all of them, from a random one on, where the set is that small. Two choices are
/// nearly as good as all (Mitzenmacher 2001), and unlike "the least loaded of all" they do not send every client to the same endpoint.
/// </summary>
internal sealed class BestOfPicker<TMetric>(CandidateSet candidates, int choices, Random random) : EndpointPicker
    where TMetric : struct, ILoadMetric<TMetric>
{
    /// <summary>Above every cost, with room to subtract from.</summary>
    private const long Dearest = 1L << 60;

    /// <summary>Up to this size a stride that comes full circle within a pick is so likely that the processor would guess wrong every other time.</summary>
    private const int FewEndpoints = 256;

    private readonly int _choices = Math.Max(choices, 2);

    // What every choice reads, and nothing else, side by side: of thousands of endpoints none is in the cache when it is drawn.
    private readonly EndpointLoad[] _loads = candidates.Loads();
    private readonly long[]? _weights = candidates.HasEqualWeights ? null : candidates.WeightsLog2();

    /// <summary>The strides that go past every endpoint of a small set, for more than two choices; with two, every stride must be drawn for every pair to be equally likely.</summary>
    private readonly int[]? _strides = choices > 2 && candidates.Count is > 2 and <= FewEndpoints ? StridesPastAll(candidates.Count) : null;

    /// <inheritdoc/>
    public override MeshEndpoint? Pick(MeshCall call)
    {
        var loads = _loads;
        if (loads.Length == 0)
        {
            return null;
        }

        if (call.AttemptsMade > 0 && CheapestUntried.Of<TMetric>(candidates, call, random) is { } untried)
        {
            return untried;
        }

        // One draw of 63 bits is enough for the first choice and the stride to the others. With two choices that is the index shift of P2C: every pair is equally likely.
        var draw = (ulong)random.NextInt64();
        var first = (int)(((draw >> 31) * (ulong)loads.Length) >> 32);
        var stride = _strides is { } strides
            ? strides[(int)(((draw & int.MaxValue) * (ulong)strides.Length) >> 31)]
            : 1 + (int)(((draw & int.MaxValue) * (ulong)(loads.Length - 1)) >> 31);
        var metric = TMetric.At(candidates.Milliseconds(call.AttemptStarted));
        var (index, winner, least) = (first, first, Dearest);
        for (var left = Math.Min(loads.Length, _choices); left > 0; left--)
        {
            var cost = metric.CostLog2(loads[index]);
            if (_weights is { } weights)
            {
                cost -= weights[index];
            }

            // Which of two is cheaper is what no processor can predict, so there is no branch: all bits of the sign select the cheaper one.
            var less = cost - least;
            var cheaper = less >> 63;
            winner ^= (winner ^ index) & (int)cheaper;
            least += less & cheaper;

            index = Next(index, stride, loads.Length);
            if (index == first)
            {
                // The stride has a divisor in common with the count and has come full circle: the endpoints beside the circle are all new.
                index = first = Next(first, 1, loads.Length);
            }
        }

        return candidates.All[winner].Endpoint;
    }

    private static int[] StridesPastAll(int count) => [.. Enumerable.Range(1, count - 1).Where(stride => (int)BigInteger.GreatestCommonDivisor(stride, count) == 1)];

    // Whether a random stride leads past the end is as hard to predict: the sign of what is beyond it decides without a branch.
    private static int Next(int index, int step, int count)
    {
        var beyond = index + step - count;
        return beyond + ((beyond >> 31) & count);
    }
}
