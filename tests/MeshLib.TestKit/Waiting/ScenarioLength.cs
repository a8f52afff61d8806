namespace MeshLib.TestKit;

/// <summary>
/// How long scenarios run: scaled to what a test run can wait for, or in full, as <c>benchmarks … -- soak</c> asks by setting <see cref="Variable"/> to 1.
/// </summary>
public static class ScenarioLength
{
    public const string Variable = "MESHLIB_FULL_SCENARIOS";

    public static bool IsFull { get; } = Environment.GetEnvironmentVariable(Variable) == "1";

    public static int Of(int scaled, int full) => IsFull ? full : scaled;

    public static TimeSpan Of(TimeSpan scaled, TimeSpan full) => IsFull ? full : scaled;
}
