namespace MeshLib;

/// <summary>
/// The share of its weight that an endpoint gets while it warms up, as Envoy reckons it: <c>max(least, t^(1/aggression))</c>, t being the part of the window that has passed.
/// </summary>
internal static class SlowStart
{
    private const double Least = 0.1;
    private const double Steady = 1;

    // Envoy's too: an age of nothing has no root.
    private static readonly TimeSpan Youngest = TimeSpan.FromMilliseconds(1);

    /// <param name="age">The time since the endpoint joined or healed.</param>
    /// <param name="window">How long it warms up; zero for not at all.</param>
    /// <param name="aggression">1 grows evenly, more grows faster at first, less grows faster at last; 0 and below count as 1.</param>
    /// <returns>From a tenth to 1.</returns>
    public static double ShareAt(TimeSpan age, TimeSpan window, double aggression = Steady)
    {
        if (age >= window)
        {
            return 1;
        }

        var passed = (age > Youngest ? age : Youngest) / window;
        return Math.Clamp(Math.Pow(passed, 1 / (aggression > 0 ? aggression : Steady)), Least, 1);
    }
}
