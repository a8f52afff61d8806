using System.Globalization;
using System.Text.Json;
using MeshLib.TestKit.Headline;

namespace MeshLib.Benchmarks;

/// <summary><c>-- headline</c>: the comparison at the top of the README.</summary>
internal static class HeadlineCommand
{
    private const int SequentialCalls = 600;
    private const string Sequential = "600 in sequence";
    private static readonly double[] Rates = [20, 100, 500];
    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(30);
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, PropertyNamingPolicy = JsonNamingPolicy.CamelCase };

    public static async Task<int> RunAsync(string[] args)
    {
        var isVirtual = args.Contains("--virtual");
        Func<LoadClock> clock = isVirtual ? LoadClock.Virtual : LoadClock.Real;
        var cases = Cases();
        if (!isVirtual)
        {
            await WarmUpAsync(cases);
        }

        var rows = new List<HeadlineRow>();
        rows.AddRange(await MeasureAsync(Sequential, cases, one => HeadlineRun.SequentialAsync(one.Column, one.OneFails, SequentialCalls, clock())));
        foreach (var rate in Rates)
        {
            var workload = string.Create(CultureInfo.InvariantCulture, $"{rate}/s for {Duration.TotalSeconds} s");
            rows.AddRange(await MeasureAsync(workload, cases, one => HeadlineRun.OpenLoopAsync(one.Column, one.OneFails, rate, Duration, clock())));
        }

        Console.WriteLine(HeadlineTable.Markdown(rows, HeadlineColumns.All));
        if (Array.IndexOf(args, "--json") is >= 0 and var at && at + 1 < args.Length)
        {
            await File.WriteAllTextAsync(args[at + 1], JsonSerializer.Serialize(rows, Indented));
        }

        return 0;
    }

    private static List<HeadlineCase> Cases()
    {
        var columns = HeadlineColumns.All;
        return
        [
            new HeadlineCase($"{columns[0].Name}; three healthy", columns[0], OneFails: false),
            new HeadlineCase($"{columns[^1].Name}; three healthy", columns[^1], OneFails: false),
            .. columns.Select(column => new HeadlineCase(column.Name, column, OneFails: true)),
        ];
    }

    // A process that has just started would charge its compiler to whichever call comes first.
    private static async Task WarmUpAsync(List<HeadlineCase> cases) =>
        await MeasureAsync("warm-up", cases, one => HeadlineRun.OpenLoopAsync(one.Column, one.OneFails, 100, TimeSpan.FromSeconds(2), LoadClock.Real()));

    // All at once: whatever else the machine does in these seconds, it does to every column.
    private static async Task<IEnumerable<HeadlineRow>> MeasureAsync(string workload, List<HeadlineCase> cases, Func<HeadlineCase, Task<LoadFigures>> run)
    {
        var figures = await Task.WhenAll(cases.Select(run));
        return cases.Select((one, index) => new HeadlineRow(workload, one.Name, one.OneFails, figures[index]));
    }

    private sealed record HeadlineCase(string Name, HeadlineColumn Column, bool OneFails);
}
