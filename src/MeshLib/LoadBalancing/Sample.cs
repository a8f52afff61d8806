namespace MeshLib;

/// <summary>
/// Seconds and the millisecond they were taken at, in one word, so that a compare-exchange replaces both and no reader sees one without the other. 0 is no sample.
/// The time is modulo 2^32 ms (49.7 days).
/// </summary>
internal static class Sample
{
    /// <summary>Times that run backwards by less than this are threads out of step, not 49 days.</summary>
    private const uint OutOfStep = 60_000;

    public static long Pack(float seconds, uint time) => ((long)BitConverter.SingleToUInt32Bits(seconds) << 32) | time;

    public static float Seconds(long sample) => BitConverter.UInt32BitsToSingle((uint)(sample >>> 32));

    public static uint Stamp(long sample) => (uint)sample;

    /// <summary>Milliseconds from the sample to <paramref name="time"/>, never negative.</summary>
    public static double Age(long sample, uint time)
    {
        var age = time - (uint)sample;
        return age > uint.MaxValue - OutOfStep ? 0 : age;
    }
}
