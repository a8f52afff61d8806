namespace MeshLib;

/// <summary>
/// How much of a process's traffic stays in its zone and where the rest goes: Envoy's zone-aware routing, in basis points. A zone whose callers are a larger part of all callers than its endpoints are of all
/// capacity sends the difference to the zones where it is the other way round, in proportion to the room that is left there. When every zone does so, every endpoint has the same load, and no more
/// than necessary has crossed a border.
/// </summary>
internal static class ZoneSpill
{
    public const int Whole = 10_000;

    /// <param name="callers">The callers of each zone, the own zone first, by any measure.</param>
    /// <param name="capacity">What each zone can carry, by any measure; more than nothing in all.</param>
    /// <returns>The share of each zone in basis points, <see cref="Whole"/> together.</returns>
    public static int[] Of(ReadOnlySpan<double> callers, ReadOnlySpan<double> capacity)
    {
        var (demand, supply) = (Parts(callers), Parts(capacity));
        var shares = new int[capacity.Length];
        shares[0] = capacity[0] <= 0 ? 0 : supply[0] >= demand[0] ? Whole : Math.Max(1, Whole * supply[0] / demand[0]);
        if (shares[0] == Whole)
        {
            return shares;
        }

        var room = new double[capacity.Length];
        for (var i = 1; i < room.Length; i++)
        {
            room[i] = Math.Max(0, supply[i] - demand[i]);
        }

        if (room.Sum() == 0)
        {
            // Nothing but what was rounded away: any zone with endpoints will do.
            capacity[1..].CopyTo(room.AsSpan(1));
        }

        Spread(Whole - shares[0], room, shares);
        return shares;
    }

    /// <summary>Adds <paramref name="amount"/> to <paramref name="shares"/> in proportion to <paramref name="weights"/>, to the last unit; to the first where they are all zero.</summary>
    public static void Spread(int amount, ReadOnlySpan<double> weights, Span<int> shares)
    {
        var total = 0.0;
        foreach (var weight in weights)
        {
            total += weight;
        }

        if (total <= 0)
        {
            shares[0] += amount;
            return;
        }

        var (passed, given) = (0.0, 0);
        for (var i = 0; i < weights.Length; i++)
        {
            passed += weights[i];
            var due = (int)Math.Round(amount * (passed / total));
            shares[i] += due - given;
            given = due;
        }
    }

    private static int[] Parts(ReadOnlySpan<double> amounts)
    {
        var total = 0.0;
        foreach (var amount in amounts)
        {
            total += amount;
        }

        var parts = new int[amounts.Length];
        for (var i = 0; i < parts.Length; i++)
        {
            parts[i] = total > 0 ? (int)(Whole * (amounts[i] / total)) : 0;
        }

        return parts;
    }
}
