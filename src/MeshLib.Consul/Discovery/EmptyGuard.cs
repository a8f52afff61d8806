namespace MeshLib.Consul;

/// <summary>
/// Doubts a list that is suddenly empty. Consul answers 200 with an empty list when the token lost its rights, and so does a wiped cluster; asking
/// again, however consistently, proves nothing, so only time decides. Belongs to one loop.
/// </summary>
internal sealed class EmptyGuard(MonotonicClock clock, TimeSpan grace)
{
    // A wipe or a lost token is mended by people.
    private const int UnderSuspicion = 4;
    private static readonly TimeSpan SuspicionLasts = TimeSpan.FromMinutes(5);

    private long? _emptySince;
    private long? _suspectedAt;

    public bool IsHolding => _emptySince is not null;

    /// <summary>Notes that something happened that makes an empty list less believable.</summary>
    public void Suspect() => _suspectedAt = clock.Now();

    /// <returns>For how long an empty list is still not to be believed; zero or less when it is.</returns>
    public TimeSpan Hold()
    {
        var now = clock.Now();
        _emptySince ??= now;
        var suspected = _suspectedAt is { } at && clock.Between(at, now) < SuspicionLasts;
        return (suspected ? grace * UnderSuspicion : grace) - clock.Between(_emptySince.Value, now);
    }

    public void Release() => _emptySince = null;
}
