namespace MeshLib;

/// <summary>
/// Compares peers by what each answered in one interval, and ejects those that stand out: Envoy's outlier detection in the form of gRFC A50, by success rate and by failure ratio (failures in a row are the
/// breaker's). It keeps nothing between intervals: what is remembered stands in each <see cref="OutlierMonitor"/>.
/// <para>
/// A success rate stands out when it is below <c>mean − k·σ</c> of all that had enough calls, σ over the whole population. Of n values none is more than √(n − 1) deviations from the mean, so k = 1.9 needs
/// five. In a large and very healthy fleet σ shrinks until 99 % stands out among 99.99 %; there is therefore an absolute floor as well, from which nobody is ejected.
/// </para>
/// </summary>
internal sealed class OutlierDetector(MonotonicClock clock)
{
    /// <summary>How many more endpoints may be ejected: up to the share of all, at least one, and never the last one that gets calls.</summary>
    /// <param name="known">All endpoints.</param>
    /// <param name="ejected">Those that are ejected now.</param>
    /// <param name="available">Those that get calls now.</param>
    /// <param name="settings">The limits in force.</param>
    public static int Allowance(int known, int ejected, int available, OutlierDetectionSettings settings)
    {
        var most = settings.MaxEjectedRatio > 0 ? Math.Max(1, (int)Math.Floor(settings.MaxEjectedRatio * known)) : 0;
        return Math.Max(0, Math.Min(most - ejected, available - 1));
    }

    /// <summary>Ends an interval: judges what was counted in it, ejects the worst first, and forgives the rest.</summary>
    /// <param name="peers">The endpoints that get calls.</param>
    /// <param name="allowance">How many may be ejected, from <see cref="Allowance"/>.</param>
    /// <param name="settings">The rules in force.</param>
    /// <param name="now">The end of the interval.</param>
    public IReadOnlyList<Outlier> Judge(IReadOnlyList<OutlierMonitor> peers, int allowance, OutlierDetectionSettings settings, long now)
    {
        var judged = new List<(int Index, OutlierSample Sample)>(peers.Count);
        for (var index = 0; index < peers.Count; index++)
        {
            // Those without calls, or with few, would be taken for perfect, or for failing, by chance.
            if (peers[index].Take() is var sample && sample.Total >= settings.MinimumThroughput)
            {
                judged.Add((index, sample));
            }
        }

        var outliers = judged.Count < settings.MinimumEndpoints ? [] : Find(judged, peers, allowance, settings, now);
        foreach (var peer in peers)
        {
            if (!peer.IsEjected)
            {
                peer.Forgive();
            }
        }

        return outliers;
    }

    private List<Outlier> Find(List<(int Index, OutlierSample Sample)> judged, IReadOnlyList<OutlierMonitor> peers, int allowance, OutlierDetectionSettings settings, long now)
    {
        var mean = judged.Average(static one => one.Sample.SuccessRate);
        var deviation = Math.Sqrt(judged.Average(one => Math.Pow(one.Sample.SuccessRate - mean, 2)));
        var threshold = Math.Min(mean - (settings.StandardDeviations * deviation), settings.SuccessFloor);
        var outliers = new List<Outlier>();
        foreach (var (index, sample) in judged.OrderBy(static one => one.Sample.SuccessRate))
        {
            if (outliers.Count >= allowance || ReasonFor(sample) is not { } reason)
            {
                break;
            }

            var time = Eject(peers[index], settings, now);
            outliers.Add(new(index, reason, sample, mean, time));
        }

        return outliers;

        EjectionReason? ReasonFor(OutlierSample sample) =>
            sample.SuccessRate < threshold ? EjectionReason.SuccessRate
            : sample.FailureRatio >= settings.FailureRatio ? EjectionReason.FailureRatio
            : null;
    }

    private TimeSpan Eject(OutlierMonitor peer, OutlierDetectionSettings settings, long now)
    {
        var longest = settings.MaxEjectionTime > settings.EjectionTime ? settings.MaxEjectionTime : settings.EjectionTime;

        // More would only have to be forgiven again.
        var ejections = (int)Math.Min(peer.Ejections + 1, Math.Ceiling(longest / settings.EjectionTime));
        var time = settings.EjectionTime * ejections;
        time = time < longest ? time : longest;
        peer.Eject(clock.After(now, time), ejections);
        return time;
    }
}
