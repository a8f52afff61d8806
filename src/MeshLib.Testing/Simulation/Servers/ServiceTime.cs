namespace MeshLib.Testing.Simulation;

/// <summary>The distribution of the work in a request: how long it takes a worker of speed 1.</summary>
/// <param name="Shape">The family.</param>
/// <param name="Mean">The mean; of <see cref="ServiceTimeShape.FoldedNormal"/> before its sign is dropped.</param>
/// <param name="Deviation">The standard deviation, where the family has one of its own.</param>
public sealed record ServiceTime(ServiceTimeShape Shape, TimeSpan Mean, TimeSpan Deviation = default)
{
    /// <summary>Every request is the same work.</summary>
    /// <param name="work">The work.</param>
    public static ServiceTime Constant(TimeSpan work) => new(ServiceTimeShape.Constant, work);

    /// <summary>Memoryless work, as queueing theory likes it.</summary>
    /// <param name="mean">The mean, which is the deviation too.</param>
    public static ServiceTime Exponential(TimeSpan mean) => new(ServiceTimeShape.Exponential, mean);

    /// <summary>The absolute value of a normal variable.</summary>
    /// <param name="mean">The mean before the sign is dropped.</param>
    /// <param name="deviation">The standard deviation before the sign is dropped.</param>
    public static ServiceTime FoldedNormal(TimeSpan mean, TimeSpan deviation) => new(ServiceTimeShape.FoldedNormal, mean, deviation);

    /// <summary>A heavy tail: most requests are small, and a few take many times the mean.</summary>
    /// <param name="mean">The mean.</param>
    /// <param name="deviation">The standard deviation.</param>
    public static ServiceTime LogNormal(TimeSpan mean, TimeSpan deviation) => new(ServiceTimeShape.LogNormal, mean, deviation);

    /// <summary>The mean of what <see cref="Next"/> draws, in seconds.</summary>
    internal double MeanSeconds => Shape == ServiceTimeShape.FoldedNormal
        ? (Deviation.TotalSeconds * Math.Sqrt(2 / Math.PI) * Math.Exp(-Math.Pow(Ratio, 2) / 2)) + (Mean.TotalSeconds * Erf(Ratio / Math.Sqrt(2)))
        : Mean.TotalSeconds;

    private double Ratio => Mean / Deviation;

    /// <summary>Draws the work of one request, in seconds.</summary>
    internal double Next(Random random)
    {
        var (mean, deviation) = (Mean.TotalSeconds, Deviation.TotalSeconds);
        switch (Shape)
        {
            case ServiceTimeShape.Exponential:
                return -mean * Math.Log(1 - random.NextDouble());
            case ServiceTimeShape.FoldedNormal:
                return Math.Abs(mean + (deviation * Normal(random)));
            case ServiceTimeShape.LogNormal:
                var variance = Math.Log(1 + Math.Pow(deviation / mean, 2));
                return Math.Exp(Math.Log(mean) - (variance / 2) + (Math.Sqrt(variance) * Normal(random)));
            default:
                return mean;
        }
    }

    // Box and Muller; the second variable of the pair is left, so that every request costs the source of chance the same.
    private static double Normal(Random random) =>
        Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());

    // Abramowitz and Stegun, 7.1.26; within 1.5e-7.
    private static double Erf(double x)
    {
        var t = 1 / (1 + (0.3275911 * Math.Abs(x)));
        var tail = t * (0.254829592 + (t * (-0.284496736 + (t * (1.421413741 + (t * (-1.453152027 + (t * 1.061405429))))))));
        return Math.Sign(x) * (1 - (tail * Math.Exp(-x * x)));
    }
}
