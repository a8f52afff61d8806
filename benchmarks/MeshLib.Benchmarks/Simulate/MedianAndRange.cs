using System.Globalization;

namespace MeshLib.Benchmarks;

/// <summary>The median of a figure over several seeds, and its range.</summary>
internal readonly record struct MedianAndRange(double Median, double Least, double Most)
{
    public static MedianAndRange Of(IEnumerable<double> figures)
    {
        var sorted = figures.Order().ToArray();
        return new(sorted[sorted.Length / 2], sorted[0], sorted[^1]);
    }

    public string ToString(string format) =>
        string.Create(CultureInfo.InvariantCulture, $"{Median.ToString(format, CultureInfo.InvariantCulture)} ({Least.ToString(format, CultureInfo.InvariantCulture)}–{Most.ToString(format, CultureInfo.InvariantCulture)})");
}
