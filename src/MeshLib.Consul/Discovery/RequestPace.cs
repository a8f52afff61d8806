namespace MeshLib.Consul;

/// <summary>
/// A token bucket before each request of a watch: a burst of changes is followed as it happens, and a server that answers without end is asked
/// less than twice a second (10 + 30 s × 1.5/s = 55 requests in the first half minute). Belongs to one loop.
/// </summary>
internal sealed class RequestPace(MonotonicClock clock)
{
    private const double Burst = 10;
    private const double PerSecond = 1.5;

    private double _tokens = Burst;
    private long _filledAt = clock.Now();
    private long _notBefore = long.MinValue;

    /// <summary>Takes a token, and tells how long to wait before using it.</summary>
    public TimeSpan Take()
    {
        var now = clock.Now();
        _tokens = Math.Min(Burst, _tokens + (clock.SecondsBetween(_filledAt, now) * PerSecond));
        _filledAt = now;
        _tokens -= 1;
        var debt = _tokens < 0 ? TimeSpan.FromSeconds(-_tokens / PerSecond) : TimeSpan.Zero;
        var rest = _notBefore > now ? clock.Between(now, _notBefore) : TimeSpan.Zero;
        return debt > rest ? debt : rest;
    }

    /// <summary>Holds the next request back for at least <paramref name="interval"/>, whatever tokens there are.</summary>
    public void HoldFor(TimeSpan interval) => _notBefore = clock.After(clock.Now(), interval);
}
