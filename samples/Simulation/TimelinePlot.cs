using MeshLib.Testing.Simulation;
using ScottPlot;

namespace Simulation;

/// <summary>Draws what callers saw over time: success, latency, and which server got what.</summary>
internal static class TimelinePlot
{
    public static void Save(SimulationResult result, string file)
    {
        var figure = new Multiplot();
        figure.AddPlots(3);
        var times = result.Timeline.Select(static interval => interval.From.TotalSeconds).ToArray();

        var success = figure.GetPlot(0);
        success.Title(result.ToString(), size: 13);
        Draw(success, "calls answered in time, %", times, [("success", result.Timeline.Select(static interval => interval.Success * 100))]);
        success.Axes.SetLimitsY(Math.Min(99, 100 * result.Timeline.Min(static interval => interval.Success)) - 1, 101);

        Draw(figure.GetPlot(1), "latency, ms", times,
        [
            ("p50", result.Timeline.Select(static interval => interval.P50.TotalMilliseconds)),
            ("p99", result.Timeline.Select(static interval => interval.P99.TotalMilliseconds)),
        ]);

        var share = figure.GetPlot(2);
        Draw(share, "requests at each server, %", times, [.. Enumerable.Range(0, result.Shares.Count).Select(server => ($"server {server}", result.Timeline.Select(interval => Share(interval, server))))]);
        share.XLabel("s");

        figure.SavePng(file, 1200, 900);
    }

    private static double Share(SimulationInterval interval, int server) => interval.Requests.Sum() is var all and > 0 ? 100.0 * interval.Requests[server] / all : 0;

    private static void Draw(Plot plot, string what, double[] times, IReadOnlyList<(string Name, IEnumerable<double> Values)> lines)
    {
        foreach (var (name, values) in lines)
        {
            var line = plot.Add.ScatterLine(times, values.ToArray());
            line.LegendText = name;
            line.LineWidth = 2;
        }

        plot.YLabel(what);
        plot.ShowLegend(Alignment.UpperRight);
    }
}
