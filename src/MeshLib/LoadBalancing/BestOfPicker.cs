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

    /// <summary>A retry may look longer than a first attempt: it is rare, and it should not meet another sick endpoint.</summary>
    private const int MostLookedAtForRetry = 32;

    private readonly int _choices = Math.Max(choices, 2);

    /// <inheritdoc/>
    public override MeshEndpoint? Pick(MeshCall call)
    {
        var all = candidates.All;
        if (all.IsEmpty)
        {
            return null;
        }

        if (call.AttemptsMade > 0 && PickUntried(call) is { } untried)
        {
            return untried;
        }

        // One draw of 63 bits is enough for the first choice and the stride to the others. With two choices that is the index shift of P2C: every pair is equally likely.
        var draw = (ulong)random.NextInt64();
        var first = (int)(((draw >> 31) * (ulong)all.Length) >> 32);
        var stride = 1 + (int)(((draw & int.MaxValue) * (ulong)(all.Length - 1)) >> 31);
        var metric = TMetric.At(candidates.Milliseconds(call.AttemptStarted));
        var (index, winner, least) = (first, first, Dearest);
        for (var left = Math.Min(all.Length, _choices); left > 0; left--)
        {
            ref readonly var candidate = ref all[index];
            var cost = metric.CostLog2(candidate.Load) - candidate.WeightLog2;

            // Which of two is cheaper is what no processor can predict, so there is no branch: all bits of the sign select the cheaper one.
            var less = cost - least;
            var cheaper = less >> 63;
            winner ^= (winner ^ index) & (int)cheaper;
            least += less & cheaper;

            index = Next(index, stride, all.Length);
            if (index == first)
            {
                // The stride has a divisor in common with the count and has come full circle: the endpoints beside the circle are all new.
                index = first = Next(first, 1, all.Length);
            }
        }

        return all[winner].Endpoint;
    }

    // Whether a random stride leads past the end is as hard to predict: the sign of what is beyond it decides without a branch.
    private static int Next(int index, int step, int count)
    {
        var beyond = index + step - count;
        return beyond + ((beyond >> 31) & count);
    }

    /// <summary>The cheapest of those that the call has not tried; <see langword="null"/> when it has tried all.</summary>
    private MeshEndpoint? PickUntried(MeshCall call)
    {
        var all = candidates.All;
        var metric = TMetric.At(candidates.Milliseconds(call.AttemptStarted));
        var (index, least, cheapest) = (random.Next(all.Length), Dearest, default(MeshEndpoint));
        for (var left = Math.Min(all.Length, MostLookedAtForRetry); left > 0; left--)
        {
            ref readonly var candidate = ref all[index];
            if (!call.HasTried(candidate.Endpoint) && metric.CostLog2(candidate.Load) - candidate.WeightLog2 is var cost && cost < least)
            {
                (least, cheapest) = (cost, candidate.Endpoint);
            }

            index = Next(index, 1, all.Length);
        }

        return cheapest;
    }
}
