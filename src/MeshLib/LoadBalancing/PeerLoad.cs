namespace MeshLib;

/// <summary>What the peers of a failing endpoint cost now: the yardstick of its penalty. Computed on failures only.</summary>
internal static class PeerLoad
{
    /// <summary>Nine are enough for a median within its quartiles (19 times in 20), and bound the work at any size of the set.</summary>
    private const int MostPeers = 9;

    /// <summary>
    /// Peers count as if they had at least this many attempts under way; else the first burst on an idle set would make the penalised endpoint the cheapest.
    /// At rest it doubles the time to wear off, from 13.9 s to 27.7 s, when that costs nothing.
    /// </summary>
    private const int AttemptsOfABurst = 4;

    /// <summary>
    /// The median of latency × attempts in flight over up to nine peers of <paramref name="self"/>, in seconds; 0 when no peer has proven itself.
    /// Latencies come from successes only, so a total outage cannot compound itself, and peers under penalty count only when all are: they are idle because they are
    /// avoided, and would pass for cheap.
    /// </summary>
    public static double Median(IReadOnlyList<MeshEndpoint> endpoints, MeshEndpoint self, long now, Random random)
    {
        Span<double> successful = stackalloc double[MostPeers];
        Span<double> penalized = stackalloc double[MostPeers];
        var (successes, penalties) = (0, 0);
        var start = endpoints.Count > 0 ? random.Next(endpoints.Count) : 0;
        for (var i = 0; i < Math.Min(endpoints.Count, MostPeers + 1) && successes + penalties < MostPeers; i++)
        {
            var peer = endpoints[(start + i) % endpoints.Count];
            if (ReferenceEquals(peer, self) || peer.Load.LatencySeconds is not { } latency)
            {
                continue;
            }

            var load = latency * Math.Max(peer.Load.InFlight + 1, AttemptsOfABurst);
            if (peer.Load.IsPenalized(now))
            {
                penalized[penalties++] = load;
            }
            else
            {
                successful[successes++] = load;
            }
        }

        var loads = successes > 0 ? successful[..successes] : penalized[..penalties];
        loads.Sort();
        return loads.IsEmpty ? 0 : loads[loads.Length / 2];
    }
}
