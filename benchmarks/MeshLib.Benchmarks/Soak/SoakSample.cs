using System.Diagnostics;

namespace MeshLib.Benchmarks;

/// <summary>The process at one moment, after a full collection.</summary>
internal readonly record struct SoakSample(TimeSpan At, double HeapMiB, int Threads, int Handles, int Timers)
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
            timers);
    }

    /// <summary>The slope, per hour, of the least-squares line through the last 80 % of the samples.</summary>
    public static double SlopePerHour(IReadOnlyList<SoakSample> samples, Func<SoakSample, double> value)
    {
        SoakSample[] tail = [.. samples.Skip(samples.Count / 5)];
        var meanX = tail.Average(sample => sample.At.TotalHours);
        var meanY = tail.Average(value);
        var variance = tail.Sum(sample => Math.Pow(sample.At.TotalHours - meanX, 2));
        return variance == 0 ? 0 : tail.Sum(sample => (sample.At.TotalHours - meanX) * (value(sample) - meanY)) / variance;
    }
}
