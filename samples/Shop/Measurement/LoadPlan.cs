namespace Shop.Measurement;

/// <summary>The load that every stack is offered in every incident.</summary>
internal static class LoadPlan
{
    public const string Service = "catalog";
    public const double PerSecond = 400;
    private const int Seed = 20_261_124;

    /// <summary>
    /// Load before each measurement that is not counted: an incident strikes a client that has been running, and instances that have just started would charge
    /// their compiler to whichever stack comes first.
    /// </summary>
    public static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(0.5);

    public static string Description { get; } =
        $"GET http://{Service}/products/{{id}} from one client in the driver, open loop, Poisson arrivals at {PerSecond}/s from seed {Seed}; "
        + $"latency of successful calls from the instant they were due; {WarmUp.TotalSeconds} s of the same before, not counted; attempts as the instances counted them; "
        + "each stack starts each incident with a new client";

    public static IEnumerable<TimeSpan> Arrivals() => ArrivalSchedule.Poisson(PerSecond, Seed);

    public static Uri Target(int call) => new($"/products/{call % 100}", UriKind.Relative);
}
