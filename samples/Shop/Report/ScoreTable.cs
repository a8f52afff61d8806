using System.Globalization;
using Shop.Incidents;
using Shop.Measurement;
using Spectre.Console;

namespace Shop.Report;

/// <summary>The incidents that have begun, and their figures: while the run lasts and at its end.</summary>
internal static class ScoreTable
{
    public static Table Of(Scoreboard scoreboard)
    {
        var table = new Table { Border = TableBorder.Simple };
        table.AddColumns("incident", "stack");
        foreach (var column in (string[])["success", "p50 ms", "p99 ms", "attempts", "to struck"])
        {
            table.AddColumn(column, cells => cells.RightAligned());
        }

        table.AddColumn("beside mesh");
        foreach (var incident in scoreboard.Incidents.Where(incident => HasBegun(scoreboard, incident)))
        {
            if (table.Rows.Count > 0)
            {
                table.AddEmptyRow();
            }

            foreach (var stack in scoreboard.Stacks)
            {
                table.AddRow([stack == scoreboard.Stacks[0] ? incident.Title : "", stack.Name, .. Cells(scoreboard, incident, stack)]);
            }
        }

        return table;
    }

    private static bool HasBegun(Scoreboard scoreboard, Incident incident) =>
        scoreboard.Stacks.Any(stack => scoreboard.Find(incident, stack) is not null || scoreboard.FindRunning(incident, stack) is not null);

    private static string[] Cells(Scoreboard scoreboard, Incident incident, Stack stack)
    {
        if (scoreboard.Find(incident, stack) is { } figures)
        {
            var mesh = scoreboard.FindMesh(incident);
            return
            [
                Percent(figures.Success),
                Milliseconds(figures.P50Ms),
                Milliseconds(figures.P99Ms),
                figures.AttemptsPerRequest.ToString("0.00", CultureInfo.InvariantCulture),
                figures.ToStruck?.ToString("0.0 '%'", CultureInfo.InvariantCulture) ?? "",
                string.Join("; ", new[] { mesh is null || mesh == figures ? null : Comparison.Of(figures, mesh), Failures(figures) }.OfType<string>()),
            ];
        }

        return scoreboard.FindRunning(incident, stack) is { } running
            ? ["…", "", "", "", "", string.Create(CultureInfo.InvariantCulture, $"{running.Offered} calls, {running.Figures(0).Failures.Values.Sum()} failed")]
            : ["", "", "", "", "", ""];
    }

    // Rounded down: 99.96 % is not 100 %.
    private static string Percent(double value) => string.Create(CultureInfo.InvariantCulture, $"{Math.Floor(value * 100) / 100:0.00} %");

    private static string Milliseconds(double? value) => value?.ToString("0.0", CultureInfo.InvariantCulture) ?? "-";

    private static string? Failures(Figures figures) => figures.Failures.Count == 0
        ? null
        : string.Join(", ", figures.Failures.OrderByDescending(failure => failure.Value).Select(failure => $"{failure.Value} × {failure.Key.Replace("Exception", "", StringComparison.Ordinal)}"));
}
