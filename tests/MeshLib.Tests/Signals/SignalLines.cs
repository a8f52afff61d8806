using MeshLib.TestKit;

namespace MeshLib.Tests.Signals;

/// <summary>Measurements as lines, so that a test states all of them: <c>mesh.client.retries{reason=unavailable,service=orders} 1</c>.</summary>
internal static class SignalLines
{
    /// <summary>Everything that was pushed, in the order of the names; of a duration only that it was recorded.</summary>
    public static IReadOnlyList<string> Lines(this MeterRecorder recorder) => [.. recorder.Measurements
        .Where(static measurement => measurement.Instrument != "mesh.discovery.updates")
        .Select(Line)
        .Order(StringComparer.Ordinal)];

    public static string Line(RecordedMeasurement measurement)
    {
        var tags = string.Join(",", measurement.Tags.OrderBy(static tag => tag.Key, StringComparer.Ordinal).Select(static tag => $"{tag.Key}={tag.Value}"));
        var value = measurement.Instrument.EndsWith(".duration", StringComparison.Ordinal) ? "" : FormattableString.Invariant($" {measurement.Value}");
        return $"{measurement.Instrument}{{{tags}}}{value}";
    }
}
