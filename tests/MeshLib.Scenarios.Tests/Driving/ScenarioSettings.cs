using System.Globalization;
using Microsoft.Extensions.DependencyInjection;

namespace MeshLib.Scenarios.Tests;

/// <summary>The catalogue's reference settings in the mesh's own names, and what a scenario changes.</summary>
internal sealed record ScenarioSettings
{
    /// <summary>For scenarios in which no time limit has a part.</summary>
    public static ScenarioSettings Unhurried { get; } = new() { Timeout = TimeSpan.FromSeconds(20), AttemptTimeout = TimeSpan.FromSeconds(18) };

    public TimeSpan Timeout { get; init; } = ScenarioRun.Timeout;

    public TimeSpan AttemptTimeout { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>Further keys below the service, such as <c>CircuitBreaker:BreakDuration</c>.</summary>
    public Dictionary<string, string?> More { get; init; } = [];

    public Action<IServiceCollection>? Services { get; init; }

    public Action<IHttpClientBuilder>? Client { get; init; }

    public Dictionary<string, string?> ToConfiguration(string service)
    {
        var values = new Dictionary<string, string?>
        {
            ["Timeout"] = Text(Timeout),
            ["AttemptTimeout"] = Text(AttemptTimeout),
            ["Retry:MaxAttempts"] = ScenarioRun.MaxAttempts.ToString(CultureInfo.InvariantCulture),
            ["Retry:Budget:Ratio"] = "0.1",
            ["Retry:Budget:MinPerSecond"] = "1",
            ["Bulkhead:MaxConcurrency"] = ScenarioRun.MaxConcurrency.ToString(CultureInfo.InvariantCulture),
            ["CircuitBreaker:ConsecutiveFailures"] = "5",
            ["LoadBalancing:PanicThreshold"] = "0.5",
        };
        foreach (var (key, value) in More)
        {
            values[key] = value;
        }

        return values.ToDictionary(pair => $"Mesh:Services:{service}:{pair.Key}", pair => pair.Value);
    }

    private static string Text(TimeSpan time) => time.ToString("c", CultureInfo.InvariantCulture);
}
