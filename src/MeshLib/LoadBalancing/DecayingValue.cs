using System.Runtime.CompilerServices;

namespace MeshLib;

/// <summary>
/// A positive number that decays by 1/e in ten seconds: its logarithm (<see cref="Log2"/>) and the millisecond it was set, in one word, so that a compare-exchange replaces both
/// and no reader sees one without the other. The word 0 is no value. Time is modulo 2^32 ms (49.7 days).
/// </summary>
internal readonly record struct DecayingValue(long Word)
{
    /// <summary>τ = 10 s, as in Finagle and Linkerd: 2^24 × log2(e) ÷ 10 000, by which the logarithm falls in a millisecond.</summary>
    private const long FallPerMillisecond = 2420;

    /// <summary>Clocks that run backwards by less than this are threads out of step, not 49 days.</summary>
    private const uint OutOfStep = 60_000;

    public DecayingValue(double value, uint time)
        : this(((long)Log2.Of(value) << 32) | time)
    {
        if (Word == 0)
        {
            Word = 1;
        }
    }

    public bool IsSet => Word != 0;

    public uint Time => (uint)Word;

    /// <summary>The number as it was set.</summary>
    public double Initial => Log2.Power(Word >> 32);

    /// <summary>The logarithm of what is left of it at <paramref name="time"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public long Log2At(uint time)
    {
        var age = time - Time;
        return (Word >> 32) - (age > uint.MaxValue - OutOfStep ? 0 : age * FallPerMillisecond);
    }

    /// <summary>What is left of it at <paramref name="time"/>.</summary>
    public double At(uint time) => IsSet ? Log2.Power(Log2At(time)) : 0;

    /// <summary>Peak EWMA: a sample above what is left replaces it, one below is blended in by the time that has passed.</summary>
    /// <param name="sample">The sample.</param>
    /// <param name="time">When it was taken.</param>
    /// <param name="haste">How many times as fast samples are believed as their absence is: 1 is the rule of Finagle and Tower.</param>
    public DecayingValue Observe(double sample, uint time, int haste = 1)
    {
        var left = At(time);
        if (sample > left)
        {
            return new(sample, time);
        }

        // With weight w = (left ÷ initial)^haste for what was known: w × initial + (1 − w) × sample.
        var kept = Math.Pow(left / Initial, haste);
        return kept >= 1 ? this : new((Initial * kept) + (sample * (1 - kept)), time);
    }

    /// <summary>As <see cref="Observe"/>, for a sample that says no more than "at least".</summary>
    public DecayingValue ObserveAtLeast(double sample, uint time) => sample > At(time) ? new(sample, time) : this;
}
