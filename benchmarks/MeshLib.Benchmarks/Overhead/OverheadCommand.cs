using System.Globalization;
using OpenTelemetry;
using OpenTelemetry.Metrics;

namespace MeshLib.Benchmarks;

/// <summary><c>-- overhead</c>: what a call costs on top of a bare factory client.</summary>
internal static class OverheadCommand
{
    private static readonly string[] Meters = ["MeshLib", "Polly", "System.Net.Http", "Microsoft.Extensions.*"];

    public static int Run()
    {
        var subjects = OverheadSubjects.Create();
        var off = OverheadMeasurement.Run(subjects, BodyUse.Buffered);
        var read = OverheadMeasurement.Run(subjects, BodyUse.Read);
        IReadOnlyList<OverheadFigures> on;

        // One provider for all of them: Polly's meter is static, and a provider each would charge every measurement several times.
        using (Sdk.CreateMeterProviderBuilder().AddMeter(Meters).AddReader(new PeriodicExportingMetricReader(new NoExporter())).Build())
        {
            on = OverheadMeasurement.Run(subjects, BodyUse.Buffered);
        }

        Console.WriteLine("Ten endpoints, an answer of 1 KiB with length and type, a stub that completes asynchronously on the same thread (\"pump\").");
        Write("The client buffers the body; metrics off", off);
        Write("The client buffers the body; metrics on (OpenTelemetry SDK, periodic reader)", on);
        Write("`ResponseHeadersRead`, then the stream is read; metrics off", read);
        foreach (var subject in subjects)
        {
            subject.Dispose();
        }

        return 0;
    }

    private static void Write(string title, IReadOnlyList<OverheadFigures> figures)
    {
        Console.WriteLine();
        Console.WriteLine(title);
        Console.WriteLine();
        Console.WriteLine("| client | ns per call | ratio (quartiles) | added ns | B per call | added B |");
        Console.WriteLine("|---|---:|---:|---:|---:|---:|");
        foreach (var one in figures)
        {
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"| {one.Subject} | {one.Nanoseconds:0} | {one.Ratio.Median:0.00} ({one.Ratio.Lower:0.00}–{one.Ratio.Upper:0.00}) | {one.AddedNanoseconds:+0;-0;0} | {one.Bytes:0} | {one.AddedBytes:+0;-0;0} |"));
        }
    }

    private sealed class NoExporter : BaseExporter<Metric>
    {
        public override ExportResult Export(in Batch<Metric> batch) => ExportResult.Success;
    }
}
