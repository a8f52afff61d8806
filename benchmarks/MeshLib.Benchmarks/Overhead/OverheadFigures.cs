namespace MeshLib.Benchmarks;

/// <summary>What a call of one subject costs.</summary>
/// <param name="Subject">The client.</param>
/// <param name="Nanoseconds">Median time of a call.</param>
/// <param name="Ratio">Time ÷ the first subject's in the same round.</param>
/// <param name="AddedNanoseconds">Time − the first subject's in the same round, median.</param>
/// <param name="Bytes">Bytes allocated by a call.</param>
/// <param name="AddedBytes">Bytes − the first subject's.</param>
internal sealed record OverheadFigures(string Subject, double Nanoseconds, Spread Ratio, double AddedNanoseconds, double Bytes, double AddedBytes);

/// <summary>A median with its quartiles.</summary>
internal readonly record struct Spread(double Median, double Lower, double Upper)
{
    public static Spread Of(IEnumerable<double> samples)
    {
        double[] sorted = [.. samples.Order()];
        return new Spread(At(0.5), At(0.25), At(0.75));

        double At(double quantile) => sorted[(int)Math.Round(quantile * (sorted.Length - 1))];
    }
}
