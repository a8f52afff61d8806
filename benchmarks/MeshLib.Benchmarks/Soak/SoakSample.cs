using System.Diagnostics;

namespace MeshLib.Benchmarks;

/// <summary>The process at one moment, after a full collection.</summary>
internal readonly record struct SoakSample(TimeSpan At, double HeapMiB, int Threads, int Handles, int Sockets, int Timers)
{
    private static readonly DirectoryInfo FileDescriptors = new("/proc/self/fd");

    public static SoakSample Take(TimeSpan at, int timers)
    {
        for (var round = 0; round < 2; round++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        using var process = Process.GetCurrentProcess();
        return new SoakSample(
            at,
            GC.GetTotalMemory(forceFullCollection: true) / 1024.0 / 1024.0,
            process.Threads.Count,
            FileDescriptors.Exists ? FileDescriptors.EnumerateFileSystemInfos().Count() : process.HandleCount,
            FileDescriptors.Exists ? FileDescriptors.EnumerateFileSystemInfos().Count(static descriptor => IsSocket(descriptor)) : 0,
            timers);
    }

    /// <summary>The last 80 %: before them the process compiles, fills its pools and grows for that.</summary>
    public static IEnumerable<SoakSample> AfterWarmUp(IReadOnlyList<SoakSample> samples) => samples.Skip(samples.Count / 5);

    /// <summary>
    /// The least-squares line through the last 80 % of the samples: its slope per hour, and twice the slope's standard error. How many connections are open, and
    /// with them handles and heap, depends on what is sick at the moment of a sample; only a slope beyond its own error says that something grows.
    /// </summary>
    public static (double PerHour, double Error) Slope(IReadOnlyList<SoakSample> samples, Func<SoakSample, double> value)
    {
        SoakSample[] tail = [.. AfterWarmUp(samples)];
        if (tail.Length < 3)
        {
            return (0, double.PositiveInfinity);
        }

        var meanX = tail.Average(sample => sample.At.TotalHours);
        var meanY = tail.Average(value);
        var spread = tail.Sum(sample => Math.Pow(sample.At.TotalHours - meanX, 2));
        var slope = tail.Sum(sample => (sample.At.TotalHours - meanX) * (value(sample) - meanY)) / spread;
        var residual = tail.Sum(sample => Math.Pow(value(sample) - meanY - (slope * (sample.At.TotalHours - meanX)), 2));
        return (slope, 2 * Math.Sqrt(residual / (tail.Length - 2) / spread));
    }

    private static bool IsSocket(FileSystemInfo descriptor)
    {
        try
        {
            return descriptor.LinkTarget?.StartsWith("socket:", StringComparison.Ordinal) == true;
        }
        catch (IOException)
        {
            // Closed since it was listed.
            return false;
        }
    }
}
