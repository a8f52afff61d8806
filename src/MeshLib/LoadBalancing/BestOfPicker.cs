namespace MeshLib;

/// <summary>
/// The cheapest of a few endpoints drawn without replacement; of all of them, from a random one on, where the set is that small. Two choices are
/// nearly as good as all (Mitzenmacher 2001), and unlike "the least loaded of all" they do not send every client to the same endpoint.
/// </summary>
internal sealed class BestOfPicker<TMetric>(CandidateSet candidates, int choices, Random random) : EndpointPicker
    where TMetric : struct, ILoadMetric<TMetric>
{
    private const int MostChoices = 8;
    private const ulong SlotMask = MostChoices - 1;

    /// <summary>The bit that no cost has: its sign.</summary>
    private const ulong Tried = 1UL << 63;

    private readonly int _choices = Math.Clamp(choices, 2, MostChoices);

    /// <inheritdoc/>
    public override MeshEndpoint? Pick(MeshCall call)
    {
        var count = candidates.Count;
        if (count == 0)
        {
            return null;
        }

        // One draw for all choices: its upper half places the first one, and all of it seeds a generator (Knuth's MMIX constants) for the rest.
        var state = (ulong)random.NextInt64();
        var first = (int)(((state >> 31) * (ulong)count) >> 32);
        var draws = Math.Min(count, _choices);
        var metric = TMetric.At(call.AttemptStarted);
        Span<int> chosen = stackalloc int[MostChoices];
        var best = ulong.MaxValue;
        for (var slot = 0; slot < draws; slot++)
        {
            // Floyd's sampling (CACM 30(9), 1987): distinct without rejection. It favours late indexes for late places, so the ring is turned by a random offset.
            state = (state * 6364136223846793005) + 1442695040888963407;
            var last = count - draws + slot;
            var offset = (int)(((state >> 32) * (ulong)(last + 1)) >> 32);
            for (var earlier = 0; earlier < slot; earlier++)
            {
                offset = chosen[earlier] == offset ? last : offset;
            }

            chosen[slot] = offset;
            ref readonly var candidate = ref candidates[Turned(first, offset, count)];

            // Costs that are not negative order like their bits, so slot and cost fit one number, the minimum needs no branch to mispredict, and the first of equals wins.
            var key = (BitConverter.DoubleToUInt64Bits(metric.Cost(candidate.Load) * candidate.InverseWeight) & ~SlotMask) | (uint)slot;
            best = Math.Min(best, call.HasTried(candidate.Endpoint) ? key | Tried : key);
        }

        var index = Turned(first, chosen[(int)(best & SlotMask)], count);
        return best < Tried ? candidates[index].Endpoint : candidates.UntriedFrom(index, call);
    }

    private static int Turned(int first, int offset, int count)
    {
        var index = first + offset;
        return index < count ? index : index - count;
    }
}
