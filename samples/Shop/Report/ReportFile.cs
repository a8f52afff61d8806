using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Shop.Measurement;
using Shop.Registry;

namespace Shop.Report;

/// <summary>The figures as JSON: success in percent, times in milliseconds.</summary>
internal static class ReportFile
{
    // Read by people too: arrows and "×" stay as they are.
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static async Task WriteAsync(string file, IRegistry registry, Scoreboard scoreboard, Verdict verdict, CancellationToken cancellationToken)
    {
        var incidents = new JsonArray();
        foreach (var incident in scoreboard.Incidents)
        {
            var entry = new JsonObject { ["name"] = incident.Name, ["required"] = incident.Required };
            foreach (var stack in scoreboard.Stacks)
            {
                entry[stack.Name] = scoreboard.Find(incident, stack) is { } figures ? ToJson(figures) : null;
            }

            incidents.Add(entry);
        }

        var report = new JsonObject
        {
            ["registry"] = registry.Name,
            ["incidents"] = incidents,
            ["verdict"] = verdict.ToJson(),
            ["settings"] = new JsonObject(Settings.Of(registry).Select(setting => KeyValuePair.Create(setting.Key, (JsonNode?)setting.Value))),
        };
        await File.WriteAllTextAsync(file, report.ToJsonString(Indented), cancellationToken);
    }

    private static JsonObject ToJson(Figures figures) => new()
    {
        ["requests"] = figures.Requests,
        ["success"] = Math.Round(figures.Success, 3),
        ["p50Ms"] = Round(figures.P50Ms),
        ["p99Ms"] = Round(figures.P99Ms),
        ["toStruck"] = Round(figures.ToStruck),
        ["attemptsPerRequest"] = Math.Round(figures.AttemptsPerRequest, 3),
    };

    private static double? Round(double? value) => value is { } number ? Math.Round(number, 2) : null;
}
