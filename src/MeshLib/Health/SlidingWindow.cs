namespace MeshLib;

/// <summary>
/// Exact counts of outcomes over the last <c>window</c>, in ten buckets (as Hystrix and Linkerd keep them: a decaying average gives a tight burst too little weight).
/// Lock-free and without allocation on any thread. The newest bucket is always incomplete, so the counts cover 90 to 100 % of the window.
/// </summary>
internal sealed class SlidingWindow(TimeSpan window, MonotonicClock clock)
{
    private const int Buckets = 10;

    /// <summary>A bucket this far ahead of a thread's clock reading belongs to a faster thread; further ahead it is an old one seen past the wrap of its epoch.</summary>
    private const int OutOfStep = 2 * Buckets;

    private const int CountBits = 22;
    private const uint MostPerBucket = (1u << CountBits) - 1;
    private const uint EpochMask = (1u << (64 - (2 * CountBits))) - 1;

    /// <summary>
    /// Each bucket is one word, epoch | failures | total, so that moving it to a new epoch and counting in it are the same compare-exchange. Epochs are modulo 2^20
    /// (12 days of one-second buckets): a bucket left alone for exactly that long counts once more. Made with the first outcome: of a large set most endpoints have none.
    /// </summary>
    private long[]? _buckets;

    private readonly double _epochsPerTick = Buckets / (window.TotalSeconds * clock.TimeProvider.TimestampFrequency);

    public TimeSpan Length => window;

    /// <summary>Counts an outcome; one that arrives after its bucket has left the window is lost, one beyond 4 million in a bucket is not counted.</summary>
    public void Add(bool failed, long now)
    {
        var number = Epoch(now);
        var epoch = (uint)number & EpochMask;
        var buckets = Volatile.Read(ref _buckets) ?? LazyInitializer.EnsureInitialized(ref _buckets, static () => new long[Buckets]);
        ref var bucket = ref buckets[number % Buckets];
        while (true)
        {
            var seen = Volatile.Read(ref bucket);
            var behind = Behind(epoch, seen);
            if (behind is < 0 and >= -OutOfStep || (behind == 0 && Total(seen) == MostPerBucket))
            {
                return;
            }

            var kept = behind == 0 ? seen : (long)epoch << (2 * CountBits);
            var updated = kept + 1 + (failed ? 1L << CountBits : 0);
            if (Interlocked.CompareExchange(ref bucket, updated, seen) == seen)
            {
                return;
            }
        }
    }

    /// <summary>The outcomes in the window that ends at <paramref name="now"/>.</summary>
    public (long Total, long Failures) Count(long now)
    {
        var epoch = (uint)Epoch(now) & EpochMask;
        var (total, failures) = (0L, 0L);
        var buckets = Volatile.Read(ref _buckets) ?? [];
        for (var i = 0; i < buckets.Length; i++)
        {
            // Ahead of us counts too: that thread's clock reading was newer than ours, and its outcome is no less real.
            var bucket = Volatile.Read(ref buckets[i]);
            if (Behind(epoch, bucket) is >= -OutOfStep and < Buckets)
            {
                total += Total(bucket);
                failures += (bucket >>> CountBits) & MostPerBucket;
            }
        }

        return (total, failures);
    }

    private static long Total(long bucket) => bucket & MostPerBucket;

    /// <summary>By how many epochs <paramref name="bucket"/> is behind, modulo 2^20: negative when it is ahead.</summary>
    private static int Behind(uint epoch, long bucket)
    {
        const int Unused = 32 - (64 - (2 * CountBits));
        return (int)((epoch - (uint)(bucket >>> (2 * CountBits))) << Unused) >> Unused;
    }

    private long Epoch(long now) => (long)(now * _epochsPerTick);
}
