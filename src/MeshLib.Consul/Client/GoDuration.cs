using System.Globalization;

namespace MeshLib.Consul;

/// <summary>Durations as Consul reads them: Go's syntax, where a unit is compulsory.</summary>
internal static class GoDuration
{
    public static string Format(TimeSpan span) => span.Ticks % TimeSpan.TicksPerSecond == 0
        ? string.Create(CultureInfo.InvariantCulture, $"{span.Ticks / TimeSpan.TicksPerSecond}s")
        : string.Create(CultureInfo.InvariantCulture, $"{span.Ticks / TimeSpan.TicksPerMillisecond}ms");
}
