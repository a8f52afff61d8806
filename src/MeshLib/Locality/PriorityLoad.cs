namespace MeshLib;

/// <summary>
/// Envoy's priority failover with overprovisioning: a level takes all it is asked to while 1/1.4 = 71 % of it is available, and what it cannot take goes to the next one, gradually instead of at once.
/// </summary>
internal static class PriorityLoad
{
    // Seven tenths of a hundred times 1.4 is 98, whatever doubles make of it.
    private const double Rounding = 1e-9;

    /// <summary>How much of a level counts, in whole percent.</summary>
    /// <param name="available">What of it is available, by any measure.</param>
    /// <param name="total">All of it, by the same measure.</param>
    /// <param name="overprovisioning">How much more than its normal load a level can take; 1 for no more.</param>
    public static int Health(double available, double total, double overprovisioning) =>
        total > 0 ? (int)Math.Min(100, (100 * overprovisioning * available / total) + Rounding) : 0;

    /// <summary>The load of each level in percent, 100 together, or nothing for anyone when no level is available.</summary>
    /// <param name="health">What <see cref="Health"/> says of each level, the most preferred first; degraded levels follow after all others.</param>
    public static int[] Of(ReadOnlySpan<int> health)
    {
        var total = 0;
        foreach (var level in health)
        {
            total += level;
        }

        var loads = new int[health.Length];
        if (total == 0)
        {
            return loads;
        }

        var (available, left) = (Math.Min(100, total), 100);
        for (var i = 0; i < loads.Length; i++)
        {
            loads[i] = Math.Min(left, health[i] * 100 / available);
            left -= loads[i];
        }

        loads[health.IndexOfAnyExcept(0)] += left;
        return loads;
    }
}
