using System.Numerics;

namespace MeshLib;

/// <summary>
/// Base-2 logarithms as whole numbers of 2^−24. Picking compares products (latency × decay × attempts in flight ÷ weight); as logarithms they are sums of integers, which costs a
/// third of the floating-point way, because decaying needs no exponential. The resolution is that of a <see cref="float"/>.
/// </summary>
internal static class Log2
{
    private const int FractionBits = 24;
    private const int One = 1 << FractionBits;
    private static readonly int[] Counts = [0, .. Enumerable.Range(1, 255).Select(n => (int)Math.Round(Math.Log2(n) * One))];

    /// <summary>Of a positive number between 2^−127 and 2^127.</summary>
    public static int Of(double value) => (int)Math.Round(Math.Clamp(Math.Log2(value), -127, 127) * One);

    /// <summary>Of a count of 1 or more; within 0.4 % from 256 on.</summary>
    public static long Of(int count)
    {
        if ((uint)count < (uint)Counts.Length)
        {
            return Counts[count];
        }

        var excess = BitOperations.Log2((uint)count) - 7;
        return Counts[(uint)count >> excess] + ((long)excess << FractionBits);
    }

    public static double Power(long logarithm) => Math.Exp(logarithm * (Math.Log(2) / One));
}
