namespace Shop.Measurement;

/// <summary>When calls are due: Poisson arrivals from a seed, so that every stack is offered the same load.</summary>
internal static class ArrivalSchedule
{
    public static IEnumerable<TimeSpan> Poisson(double perSecond, int seed)
    {
        var random = new Random(seed);
        for (var at = TimeSpan.Zero; ; at += TimeSpan.FromSeconds(-Math.Log(1 - random.NextDouble()) / perSecond))
        {
            yield return at;
        }
    }
}
