namespace MeshLib;

/// <summary>The durations that must not exceed one another: <c>ConnectTimeout &lt; AttemptTimeout ≤ Timeout</c>, <c>Backoff ≤ MaxBackoff</c>, <c>BreakDuration ≤ MaxBreakDuration</c>, <c>EjectionTime ≤ MaxEjectionTime</c>.</summary>
/// <remarks>The lesser one follows the greater where nobody set it. Where somebody did, the two contradict each other, and whoever wrote them has to say which is meant.</remarks>
internal static class DurationOrder
{
    private static readonly TimeSpan LongestDerivedConnect = TimeSpan.FromSeconds(2);

    // In this order: each pair may move the value that the next one looks at.
    private static readonly Pair[] Pairs =
    [
        new("AttemptTimeout", "Timeout", Strict: false, Shorter),
        new("ConnectTimeout", "AttemptTimeout", Strict: true, static (_, attempt) => DeriveConnect(attempt)),
        new("Retry:Backoff", "Retry:MaxBackoff", Strict: false, Shorter),
        new("CircuitBreaker:BreakDuration", "CircuitBreaker:MaxBreakDuration", Strict: false, Shorter),
        new("OutlierDetection:EjectionTime", "OutlierDetection:MaxEjectionTime", Strict: false, Shorter),
    ];

    public static EffectivePolicy Settle(EffectivePolicy policy, Dictionary<string, string> origins, ICollection<string>? problems) =>
        Pairs.Aggregate(policy, (settled, pair) => Settle(pair, settled, origins, problems));

    private static EffectivePolicy Settle(Pair pair, EffectivePolicy policy, Dictionary<string, string> origins, ICollection<string>? problems)
    {
        var lesser = PolicyTable.Get<TimeSpan>(pair.Lesser);
        var greater = PolicyTable.Get<TimeSpan>(pair.Greater);
        var (value, bound) = (lesser.Get(policy), greater.Get(policy));
        var inOrder = pair.Strict ? value < bound : value <= bound;
        if (origins[pair.Lesser] != PolicyLayers.BuiltIn)
        {
            if (inOrder)
            {
                return policy;
            }

            problems?.Add($"{pair.Lesser} = {lesser.Print(policy)} ({origins[pair.Lesser]}) must be {(pair.Strict ? "less than" : "at most")} {pair.Greater} = {greater.Print(policy)} ({origins[pair.Greater]}).");
        }

        var follows = pair.Follow(value, bound);
        if (follows == value)
        {
            return policy;
        }

        origins[pair.Lesser] = $"follows {pair.Greater} ({origins[pair.Greater]})";
        return lesser.With(policy, follows);
    }

    private static TimeSpan Shorter(TimeSpan one, TimeSpan other) => one < other ? one : other;

    // Never below what a timer can count, even for an attempt of 1 ms.
    private static TimeSpan DeriveConnect(TimeSpan attempt)
    {
        var half = Shorter(LongestDerivedConnect, attempt / 2);
        return half < DurationValue.Shortest ? DurationValue.Shortest : half;
    }

    private sealed record Pair(string Lesser, string Greater, bool Strict, Func<TimeSpan, TimeSpan, TimeSpan> Follow);
}
