namespace MeshLib;

/// <summary>What endpoints' load reports say that they can do: client-side weighted round robin (gRPC proposal A58).</summary>
internal static class ReportedWeights
{
    /// <summary>No report moves an endpoint further than this from what is typical, however wrong it is.</summary>
    private const double MostTimesTypical = 10;

    /// <summary>
    /// Weights by reported capacity; an endpoint that reports none has the mean of those that do. <see langword="null"/> when fewer than two report.
    /// A weight that is reduced for a while, such as a newcomer's, stays reduced by as much.
    /// </summary>
    public static double[]? Of(CandidateSet candidates, double errorPenalty, long now)
    {
        var endpoints = new MeshEndpoint[candidates.Count];
        for (var i = 0; i < endpoints.Length; i++)
        {
            endpoints[i] = candidates.All[i].Endpoint;
        }

        if (Capacities(endpoints, now, errorPenalty) is not { } weights)
        {
            return null;
        }

        var mean = weights.Where(static capacity => capacity > 0).Average();
        for (var i = 0; i < weights.Length; i++)
        {
            var reduced = candidates.All[i].Weight / Math.Max(endpoints[i].Metadata.Weight, 1);
            weights[i] = (weights[i] > 0 ? weights[i] : mean) * reduced;
        }

        return weights;
    }

    /// <summary>What each endpoint reports that it can do, in requests per second, and 0 for one that reports nothing that counts. <see langword="null"/> when fewer than two report, of whom nothing follows for the rest.</summary>
    public static double[]? Capacities(IReadOnlyList<MeshEndpoint> endpoints, long now, double errorPenalty = 1)
    {
        var capacities = default(double[]);
        var (reporting, logarithms) = (0, 0.0);
        for (var i = 0; i < endpoints.Count; i++)
        {
            if (endpoints[i].ReportedLoad is { } load && load.Counts(now))
            {
                capacities ??= new double[endpoints.Count];
                capacities[i] = load.Report.Capacity(errorPenalty);
                reporting++;
                logarithms += Math.Log(capacities[i]);
            }
        }

        if (reporting < 2 || capacities is null)
        {
            return null;
        }

        // The geometric mean: one absurd report would pull the arithmetic one along.
        var typical = Math.Exp(logarithms / reporting);
        foreach (ref var capacity in capacities.AsSpan())
        {
            capacity = capacity > 0 ? Math.Clamp(capacity, typical / MostTimesTypical, typical * MostTimesTypical) : 0;
        }

        return capacities;
    }
}
