namespace MeshLib;

/// <summary>
/// The cheapest for its weight of a few endpoints, each drawn in proportion to weight: <see cref="BestOfPicker{TMetric}"/> for a large set in which a few endpoints are meant for much of the traffic. Drawn evenly
/// they would be among the choices too seldom to get it. The same one may be drawn twice.
/// </summary>
internal sealed class WeightedBestOfPicker<TMetric>(CandidateSet candidates, int choices, Random random) : EndpointPicker
    where TMetric : struct, ILoadMetric<TMetric>
{
    private readonly WeightTable _table = new(candidates.Weights());

    /// <inheritdoc/>
    public override MeshEndpoint? Pick(MeshCall call)
    {
        if (call.AttemptsMade > 0 && CheapestUntried.Of<TMetric>(candidates, call, random) is { } untried)
        {
            return untried;
        }

        var all = candidates.All;
        var metric = TMetric.At(candidates.Milliseconds(call.AttemptStarted));
        var (winner, least) = (0, long.MaxValue);
        for (var left = choices; left > 0; left--)
        {
            var index = _table.Index((ulong)random.NextInt64() << 1);
            if (metric.CostLog2(all[index].Load) - all[index].WeightLog2 is var cost && cost < least)
            {
                (winner, least) = (index, cost);
            }
        }

        return all[winner].Endpoint;
    }
}
