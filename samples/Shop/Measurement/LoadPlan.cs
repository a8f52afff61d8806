namespace Shop.Measurement;

/// <summary>The load that every stack is offered in every incident.</summary>
internal static class LoadPlan
{
    public const string Service = "catalog";
    public const double PerSecond = 350;
    public const int WarmUpCalls = 30;
    private const int Seed = 20_261_124;

    public static string Description { get; } =
        $"GET http://{Service}/products/{{id}} from one client in the driver, open loop, Poisson arrivals at {PerSecond}/s from seed {Seed}; "
        + $"latency of successful calls from the instant they were due; {WarmUpCalls} calls to warm up, not counted; attempts as the instances counted them; "
        + "each stack starts each incident with a new client";

    public static IEnumerable<TimeSpan> Arrivals() => ArrivalSchedule.Poisson(PerSecond, Seed);

    public static Uri Target(int call) => new($"/products/{call % 100}", UriKind.Relative);
}
