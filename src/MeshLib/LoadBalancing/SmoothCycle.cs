namespace MeshLib;

/// <summary>
/// The order of smooth weighted round robin as nginx has it: at each turn every endpoint gains its weight, the richest has the turn and pays the sum of all. 5, 1, 1 is
/// <c>a a b a c a a</c>: an endpoint's turns are spread over the cycle, where counting down would bunch them. Written down once, so that taking a turn needs no lock.
/// </summary>
internal static class SmoothCycle
{
    /// <summary>One cycle: the index that each turn goes to. As many turns as the weights make together.</summary>
    /// <param name="weights">At least one, all positive.</param>
    public static int[] Of(ReadOnlySpan<int> weights)
    {
        var total = 0;
        foreach (var weight in weights)
        {
            total += weight;
        }

        var cycle = new int[total];
        var credits = new int[weights.Length];
        for (var turn = 0; turn < total; turn++)
        {
            var richest = 0;
            for (var i = 0; i < credits.Length; i++)
            {
                credits[i] += weights[i];
                richest = credits[i] > credits[richest] ? i : richest;
            }

            credits[richest] -= total;
            cycle[turn] = richest;
        }

        return cycle;
    }
}
