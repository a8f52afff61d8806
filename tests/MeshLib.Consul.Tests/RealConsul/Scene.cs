using MeshLib.TestKit;

namespace MeshLib.Consul.Tests;

/// <summary>Real time in scenarios with a real Consul.</summary>
internal static class Scene
{
    /// <summary>Lets what is going on last so long.</summary>
    public static Task LastsAsync(TimeSpan duration)
    {
        var began = TimeProvider.System.GetTimestamp();
        return Eventually.BecomesTrueAsync(() => Since(began) >= duration, duration + HangLimit.Default);
    }

    public static TimeSpan Since(long timestamp) => TimeProvider.System.GetElapsedTime(timestamp);

    /// <summary>Writes the figures seen into the test's output.</summary>
    public static void Tell(string figures) => TestContext.Current.TestOutputHelper?.WriteLine(figures);
}
