namespace MeshLib;

/// <summary>Time and chance of one mesh: what a test or a simulation replaces.</summary>
/// <param name="Clock">Monotonic time.</param>
/// <param name="Random">Chance; safe for concurrent use in production (<c>Random.Shared</c>), seeded in tests.</param>
internal sealed record MeshEnvironment(MonotonicClock Clock, Random Random);
