using System.Globalization;
using System.Text;
using MeshLib.TestKit.Headline;

namespace MeshLib.Benchmarks;

/// <summary>Writes the comparison as markdown.</summary>
internal static class HeadlineTable
{
    public static string Markdown(IReadOnlyList<HeadlineRow> rows, IReadOnlyList<HeadlineColumn> columns)
    {
        var text = new StringBuilder();
        text.AppendLine("One of three instances answers 503. Success, p50 and p99 of the successful calls, attempts that reached an instance per call.");
        text.AppendLine();
        text.AppendLine("| workload | column | success | p50 ms | p99 ms | attempts per call | failures |");
        text.AppendLine("|---|---|---:|---:|---:|---:|---|");
        foreach (var (workload, column, _, figures) in rows)
        {
            var failures = string.Join(", ", figures.Failures.OrderByDescending(failure => failure.Value).Select(failure => $"{failure.Key} {failure.Value}"));
            text.AppendLine(CultureInfo.InvariantCulture,
                $"| {workload} | {column} | {figures.SuccessPercent:0.0} % ({figures.Succeeded}/{figures.Calls}) | {figures.P50.TotalMilliseconds:0.0} | {figures.P99.TotalMilliseconds:0.0} | {figures.AttemptsPerCall:0.00} | {failures} |");
        }

        text.AppendLine();
        text.AppendLine("In the sequential workload today's columns retry without delay; everything else is as follows.");
        text.AppendLine();
        foreach (var column in columns)
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"- **{column.Name}**: {column.Options}.");
        }

        return text.ToString();
    }
}
