namespace MeshLib;

/// <summary>How long to wait before a retry.</summary>
internal static class Backoff
{
    /// <summary>
    /// Full jitter below a growing bound, as Envoy waits: uniform in [0, min(<paramref name="max"/>, (2^<paramref name="retry"/> − 1) × <paramref name="base"/>)),
    /// so 25, 75, 175, 250, 250 ms for a base of 25 ms and a maximum of 250 ms. Full jitter spreads callers that failed together over the whole interval
    /// (Brooker, "Exponential Backoff and Jitter", AWS 2015).
    /// </summary>
    /// <param name="retry">The number of the retry, from 1; any number is safe.</param>
    /// <param name="base">The bound of the first wait, not negative.</param>
    /// <param name="max">The bound of any wait, not negative.</param>
    /// <param name="random">The source of jitter.</param>
    public static TimeSpan Next(int retry, TimeSpan @base, TimeSpan max, Random random) =>
        TimeSpan.FromTicks((long)(Longest(retry, @base, max).Ticks * random.NextDouble()));

    /// <summary>The bound that <see cref="Next"/> stays below.</summary>
    /// <param name="retry">The number of the retry, from 1; any number is safe.</param>
    /// <param name="base">The bound of the first wait, not negative.</param>
    /// <param name="max">The bound of any wait, not negative.</param>
    public static TimeSpan Longest(int retry, TimeSpan @base, TimeSpan max)
    {
        // Past 2^1023 a double is infinite, and infinity times a base of zero is no number.
        var factor = Math.Pow(2, Math.Clamp(retry, 1, 1000)) - 1;
        return TimeSpan.FromTicks((long)Math.Min(max.Ticks, factor * @base.Ticks));
    }
}
