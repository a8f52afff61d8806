namespace MeshLib;

/// <summary>The weights that endpoints' load reports give them: client-side weighted round robin (gRPC proposal A58).</summary>
internal static class ReportedWeights
{
    /// <summary>No report moves an endpoint further than this from what is typical, however wrong it is.</summary>
    private const double MostTimesTypical = 10;

    /// <summary>
    /// Weights by reported capacity; an endpoint that reports none has the mean of those that do. <see langword="null"/> when fewer than two report, of whom nothing follows for the rest.
    /// A weight that is reduced for a while, such as a newcomer's, stays reduced by as much.
    /// </summary>
    public static double[]? Of(CandidateSet candidates, double errorPenalty, long now)
    {
        var weights = default(double[]);
        var (reporting, logarithms) = (0, 0.0);
        for (var i = 0; i < candidates.Count; i++)
        {
            if (candidates.All[i].Endpoint.ReportedLoad is { } load && load.Counts(now))
            {
                weights ??= new double[candidates.Count];
                weights[i] = load.Report.Capacity(errorPenalty);
                reporting++;
                logarithms += Math.Log(weights[i]);
            }
        }

        if (reporting < 2 || weights is null)
        {
            return null;
        }

        // The geometric mean: one absurd report would pull the arithmetic one along.
        var typical = Math.Exp(logarithms / reporting);
        var sum = 0.0;
        foreach (ref var weight in weights.AsSpan())
        {
            weight = weight > 0 ? Math.Clamp(weight, typical / MostTimesTypical, typical * MostTimesTypical) : 0;
            sum += weight;
        }

        for (var i = 0; i < weights.Length; i++)
        {
            ref readonly var candidate = ref candidates.All[i];
            var reduced = candidate.Weight / Math.Max(candidate.Endpoint.Metadata.Weight, 1);
            weights[i] = (weights[i] > 0 ? weights[i] : sum / reporting) * reduced;
        }

        return weights;
    }
}
