namespace MeshLib.TestKit.Headline;

/// <summary>One call of the load: when it starts and how much work it is.</summary>
public readonly record struct Arrival(TimeSpan At, TimeSpan Work);

/// <summary>The calls of a run, drawn once from a seed and offered to every column.</summary>
public static class ArrivalSchedule
{
    private const int Seed = 20_251_124;
    private static readonly TimeSpan LeastWork = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan MeanFurtherWork = TimeSpan.FromMilliseconds(5);

    /// <summary>Poisson arrivals at <paramref name="perSecond"/> for <paramref name="duration"/>.</summary>
    public static IReadOnlyList<Arrival> Open(double perSecond, TimeSpan duration)
    {
        var random = new Random(Seed);
        var arrivals = new List<Arrival>((int)(perSecond * duration.TotalSeconds * 1.2) + 16);
        for (var at = TimeSpan.Zero; ; at += TimeSpan.FromSeconds(Exponential(random) / perSecond))
        {
            if (at >= duration)
            {
                return arrivals;
            }

            arrivals.Add(new Arrival(at, DrawWork(random)));
        }
    }

    /// <summary>The work of <paramref name="count"/> calls that follow one another; <see cref="Arrival.At"/> has no meaning there.</summary>
    public static IReadOnlyList<Arrival> Sequential(int count)
    {
        var random = new Random(Seed);
        return [.. Enumerable.Range(0, count).Select(_ => new Arrival(TimeSpan.Zero, DrawWork(random)))];
    }

    // 5 ms and an exponential tail: p50 8.5 ms, p99 28 ms, like a small service that reads a database.
    private static TimeSpan DrawWork(Random random) => LeastWork + Exponential(random) * MeanFurtherWork;

    private static double Exponential(Random random) => -Math.Log(1 - random.NextDouble());
}
