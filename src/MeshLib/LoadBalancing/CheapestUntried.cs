namespace MeshLib;

/// <summary>The choice of a retry, which may look longer than a first attempt: it is rare, and it should not meet another sick endpoint.</summary>
internal static class CheapestUntried
{
    private const int MostLookedAt = 32;

    /// <summary>The cheapest for its weight of those that the call has not tried, among as many as that from a random one on; <see langword="null"/> when it has tried all of them.</summary>
    public static MeshEndpoint? Of<TMetric>(CandidateSet candidates, MeshCall call, Random random)
        where TMetric : struct, ILoadMetric<TMetric>
    {
        var all = candidates.All;
        var metric = TMetric.At(candidates.Milliseconds(call.AttemptStarted));
        var (index, least, cheapest) = (random.Next(all.Length), long.MaxValue, default(MeshEndpoint));
        for (var left = Math.Min(all.Length, MostLookedAt); left > 0; left--)
        {
            ref readonly var candidate = ref all[index];
            if (!call.HasTried(candidate.Endpoint) && metric.CostLog2(candidate.Load) - candidate.WeightLog2 is var cost && cost < least)
            {
                (least, cheapest) = (cost, candidate.Endpoint);
            }

            index = index + 1 == all.Length ? 0 : index + 1;
        }

        return cheapest;
    }
}
