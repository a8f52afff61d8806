namespace MeshLib;

/// <summary>
/// Which part of a ring of endpoints one process uses: Finagle's deterministic aperture. Every endpoint has an arc in proportion to its weight, every process an arc of the same width at its own
/// place, and the arcs of all processes cover the ring evenly. So every endpoint has the same load, which no random subset achieves with few processes, and an endpoint at the edge is used in part.
/// </summary>
internal readonly record struct Aperture
{
    // An arc of a ring of a million endpoints is still a thousand times as long.
    private const double Rounding = 1e-9;

    private readonly Coordinate _at;
    private readonly int _steps;

    /// <param name="at">The place of the process.</param>
    /// <param name="endpoints">The endpoints on the ring.</param>
    /// <param name="least">The fewest endpoints that will do, when there are as many.</param>
    public Aperture(Coordinate at, int endpoints, int least)
    {
        // A whole number of steps from one process to the next: only so is every point of the ring covered equally often.
        _at = at;
        _steps = (int)Math.Min(at.Count, (((long)Math.Min(least, endpoints) * at.Count) + endpoints - 1) / Math.Max(1, endpoints));
    }

    /// <summary>Where the arc begins, as a part of the ring.</summary>
    public double Offset => (double)_at.Ordinal / _at.Count;

    /// <summary>How much of the ring it is.</summary>
    public double Width => (double)_steps / _at.Count;

    /// <summary>The part of each endpoint that the process uses, from 0 to 1.</summary>
    /// <param name="weights">The weight of each endpoint on the ring; all zero is all equal.</param>
    /// <param name="usable">Which of them may receive traffic. What the arc lacks because of the others is taken from where it ends onwards.</param>
    /// <exception cref="ArgumentOutOfRangeException">A weight is negative.</exception>
    public double[] Parts(ReadOnlySpan<double> weights, ReadOnlySpan<bool> usable)
    {
        var arcs = ArcsOf(weights, out var ring);
        var parts = new double[arcs.Length];
        var start = _at.Ordinal * ring / _at.Count;
        var missing = _steps * ring / _at.Count;
        var tolerance = ring * Rounding;

        var (first, begin) = (0, 0.0);
        while (first < arcs.Length - 1 && begin + arcs[first] <= start + tolerance)
        {
            begin += arcs[first++];
        }

        // Once around: the front of the first arc is what comes last.
        var front = Math.Max(0, start - begin);
        for (var step = 0; step <= arcs.Length && missing > tolerance; step++)
        {
            var i = (first + step) % arcs.Length;
            var length = step == 0 ? arcs[i] - front : step == arcs.Length ? front : arcs[i];
            if (usable[i] && length > tolerance)
            {
                var taken = Math.Min(length, missing);
                parts[i] += length - taken < tolerance ? length / arcs[i] : taken / arcs[i];
                missing -= taken;
            }
        }

        return parts;
    }

    private static double[] ArcsOf(ReadOnlySpan<double> weights, out double ring)
    {
        var arcs = weights.ToArray();
        ring = 0;
        foreach (var weight in arcs)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(weight, nameof(weights));
            ring += weight;
        }

        if (ring == 0)
        {
            Array.Fill(arcs, 1);
            ring = arcs.Length;
        }

        return arcs;
    }
}
