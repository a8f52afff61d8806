using System.Globalization;
using System.Text;

namespace MeshLib.Benchmarks;

/// <summary>Writes the comparison as markdown.</summary>
internal static class SimulateTable
{
    public static string Markdown(IReadOnlyList<SimulateRow> rows, IReadOnlyList<int> seeds)
    {
        var text = new StringBuilder();
        text.AppendLine(CultureInfo.InvariantCulture, $"Medians over {seeds.Count} seeds ({seeds[0]} to {seeds[^1]}), range in brackets. The default is {SimulatedPolicies.Default}.");
        text.AppendLine();
        text.AppendLine("| scenario | policy | success % | p50 ms | p99 ms | p99.9 ms | p99 ÷ oracle |");
        text.AppendLine("|---|---|---:|---:|---:|---:|---:|");
        foreach (var row in rows)
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"| {row.Scenario} | {row.Policy} | {Percent(row.Success).ToString("F3")} | {row.P50Ms.Median:F1} | {row.P99Ms.ToString("F1")} | {row.P999Ms.Median:F0} | {row.P99OverOracle.ToString("F2")} |");
        }

        return text.ToString();
    }

    public static string Markdown(IReadOnlyList<SimulatedGoal> goals)
    {
        var text = new StringBuilder();
        text.AppendLine("| goal | scenario | figure | limit | reached | |");
        text.AppendLine("|---|---|---|---:|---:|---|");
        foreach (var goal in goals)
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"| {goal.Name} | {goal.Scenario} | {goal.Figure} | {goal.Limit} | {goal.Reached:0.#####} | {(goal.IsMet ? "met" : "MISSED")} |");
        }

        text.AppendLine();
        foreach (var goal in goals.Where(static goal => goal.Reason is not null))
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"{goal.Name}, {goal.Figure}: {goal.Limit} is {goal.Reason}");
        }

        return text.ToString();
    }

    private static MedianAndRange Percent(MedianAndRange share) => new(share.Median * 100, share.Least * 100, share.Most * 100);
}
