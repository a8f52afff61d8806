using System.Numerics;

namespace MeshLib.Testing.Simulation;

/// <summary>Counts latencies in buckets whose width is at most a four-thousandth of their value (an HDR histogram), so that a quantile is within 0.02 % whatever the range.</summary>
internal sealed class LatencyHistogram
{
    private const int SubBits = 12;
    private const int SubBuckets = 1 << SubBits;

    // Up to 2^44 ticks, which is three weeks.
    private readonly int[] _counts = new int[(44 - SubBits + 1) * SubBuckets];

    public long Count { get; private set; }

    public void Add(long ticks)
    {
        var value = Math.Min((ulong)Math.Max(ticks, 0), (1UL << 44) - 1);
        var shift = Math.Max(0, BitOperations.Log2(value | 1) - SubBits);
        _counts[(shift << SubBits) + (int)(value >> shift)]++;
        Count++;
    }

    public TimeSpan Quantile(double quantile)
    {
        if (Count == 0)
        {
            return TimeSpan.Zero;
        }

        var rank = Math.Max(1, (long)Math.Ceiling(quantile * Count));
        var below = 0L;
        for (var i = 0; ; i++)
        {
            below += _counts[i];
            if (below >= rank)
            {
                var shift = Math.Max(0, (i >> SubBits) - 1);
                var lowest = (long)(i - (shift << SubBits)) << shift;
                return TimeSpan.FromTicks(lowest + ((1L << shift) >> 1));
            }
        }
    }

    public void Clear()
    {
        Array.Clear(_counts);
        Count = 0;
    }
}
