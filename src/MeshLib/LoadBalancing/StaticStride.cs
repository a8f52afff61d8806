namespace MeshLib;

/// <summary>
/// The static stride scheduler of gRPC (proposal A58): turns go round, and an endpoint lets so many of its turns pass that those it takes are in proportion to its weight, each endpoint
/// at a phase of its own. The state is one number, so that turns need no lock and new weights no warm-up; a turn looks at as many endpoints as the greatest weight is above the mean.
/// </summary>
internal sealed class StaticStride
{
    private const int Unit = ushort.MaxValue;

    /// <summary>What parts the phases of neighbours: half a unit, so that of two neighbours one takes its turn where the other passes.</summary>
    private const int Phase = Unit / 2;

    private readonly ushort[] _weights;

    /// <param name="weights">At least one, all positive.</param>
    public StaticStride(ReadOnlySpan<double> weights)
    {
        var greatest = 0.0;
        foreach (var weight in weights)
        {
            greatest = Math.Max(greatest, weight);
        }

        _weights = new ushort[weights.Length];
        for (var i = 0; i < _weights.Length; i++)
        {
            _weights[i] = (ushort)Math.Clamp(Math.Round(weights[i] * Unit / greatest), 1, Unit);
        }
    }

    /// <summary>The index of the next turn.</summary>
    /// <param name="sequence">Turns taken and passed so far; shared by all who take turns, and kept when the weights change.</param>
    public int Next(ref long sequence)
    {
        while (true)
        {
            var turn = (ulong)(Interlocked.Increment(ref sequence) - 1);
            var (generation, index) = Math.DivRem(turn, (ulong)_weights.Length);
            ulong weight = _weights[index];
            if (((weight * generation) + (index * Phase)) % Unit >= Unit - weight)
            {
                return (int)index;
            }
        }
    }
}
