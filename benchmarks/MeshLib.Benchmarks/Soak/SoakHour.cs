using System.Globalization;
using MeshLib.TestKit;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.ServiceDiscovery;

namespace MeshLib.Benchmarks;

/// <summary>
/// <c>-- soak hour</c>: scenario L08. An open loop against six instances on loopback while a seeded script makes them sick, unregisters them and changes policy; every minute the
/// process is weighed after a full collection. Fails on a slope, and where the process ends heavier than invariant I6 allows.
/// </summary>
internal static class SoakHour
{
    private const int Instances = 6;

    // Below ten minutes the warm-up of the process is most of any slope.
    private const double LeastMinutesForAVerdict = 10;
    private const double MostHeapMiBPerHour = 1;
    private const double NoisePerHour = 2;

    public static async Task<int> RunAsync(double minutes, double rate, int seed, double period)
    {
        var instances = await Task.WhenAll(Enumerable.Range(0, Instances).Select(_ => SoakInstance.StartAsync()));
        var source = new ManualEndpointSource();
        var configuration = new ConfigurationBuilder().AddInMemoryCollection().Build();
        var time = new CountingTimeProvider(TimeProvider.System);
        var services = new ServiceCollection();
        services.AddSingleton<IConfiguration>(configuration);
        services.AddSingleton<TimeProvider>(time);
        services.AddSingleton<IServiceEndpointProviderFactory>(source);
        services.AddMeshClient("orders").RemoveAllLoggers();
        var provider = services.BuildServiceProvider();
        var script = new SoakScript(instances, source, configuration, seed);
        script.Begin();

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{rate} requests/s for {minutes} min over {Instances} instances, seed {seed}"));
        var load = new SoakLoad(provider.GetRequiredService<IHttpClientFactory>(), rate);
        var samples = new List<SoakSample>();
        using var end = new CancellationTokenSource(TimeSpan.FromMinutes(minutes), TimeProvider.System);
        await Task.WhenAll(
            load.RunAsync(end.Token),
            EveryAsync(TimeSpan.FromSeconds(period), () => NextIncident(script, load), end.Token),
            EveryAsync(TimeSpan.FromMinutes(Math.Min(1, minutes / 10)), () => samples.Add(Sample(load, time, samples.Count)), end.Token));

        var amplification = instances.Sum(instance => (double)instance.Requests) / load.Calls;
        await provider.DisposeAsync();
        foreach (var instance in instances)
        {
            await instance.DisposeAsync();
        }

        return Report(load, samples, amplification, minutes);
    }

    /// <summary>Plays the next incident, after saying what the one before has cost.</summary>
    private static void NextIncident(SoakScript script, SoakLoad load)
    {
        if (load.TakeFailures() is > 0 and var failed)
        {
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"     {load.Elapsed:hh\\:mm\\:ss}  {failed} failed during: {script.State}"));
        }

        script.Next();
    }

    private static SoakSample Sample(SoakLoad load, CountingTimeProvider time, int number)
    {
        var sample = SoakSample.Take(load.Elapsed, time.LiveTimers);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{number,4} {sample.At:hh\\:mm\\:ss}  calls {load.Calls,9}  failed {load.Failed,6}  heap {sample.HeapMiB:0.00} MiB  threads {sample.Threads}  handles {sample.Handles}  sockets {sample.Sockets}  timers {sample.Timers}"));
        return sample;
    }

    private static int Report(SoakLoad load, List<SoakSample> samples, double amplification, double minutes)
    {
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"success {100.0 * (load.Calls - load.Failed) / load.Calls:0.000} %, {amplification:0.000} attempts per call"));
        foreach (var (failure, count) in load.Failures.OrderByDescending(failure => failure.Value))
        {
            Console.WriteLine($"  {failure}: {count}");
        }

        var flat = IsFlat("heap MiB", samples, sample => sample.HeapMiB, MostHeapMiBPerHour)
            & IsFlat("threads", samples, sample => sample.Threads, NoisePerHour)
            & IsFlat("handles", samples, sample => sample.Handles, NoisePerHour)
            & IsFlat("sockets", samples, sample => sample.Sockets, NoisePerHour)
            & IsFlat("timers", samples, sample => sample.Timers, NoisePerHour)
            & IsBackAtBaseline("heap MiB", samples, sample => sample.HeapMiB, baseline => baseline * 1.1)
            & IsBackAtBaseline("threads", samples, sample => sample.Threads, baseline => baseline + 10);
        if (minutes < LeastMinutesForAVerdict)
        {
            Console.WriteLine("Too short for a verdict.");
            return 0;
        }

        Console.WriteLine(flat ? "Flat." : "NOT FLAT.");
        return flat ? 0 : 1;
    }

    private static bool IsFlat(string what, List<SoakSample> samples, Func<SoakSample, double> value, double limit)
    {
        var (slope, error) = SoakSample.Slope(samples, value);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {what} per hour: {slope:+0.00;-0.00} ± {error:0.00}, limit {limit}"));
        return slope - error <= limit;
    }

    /// <summary>I6, by low-water marks: what is open at the moment of a sample depends on what is sick then, and weighs more than any leak.</summary>
    private static bool IsBackAtBaseline(string what, List<SoakSample> samples, Func<SoakSample, double> value, Func<double, double> limit)
    {
        SoakSample[] warm = [.. SoakSample.AfterWarmUp(samples)];
        var (baseline, end) = (warm.Take((warm.Length + 1) / 2).Min(value), warm.TakeLast((warm.Length + 1) / 2).Min(value));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  least {what} of the second half: {end:0.00}, of the first {baseline:0.00}, limit {limit(baseline):0.00}"));
        return end <= limit(baseline);
    }

    private static async Task EveryAsync(TimeSpan period, Action action, CancellationToken end)
    {
        using var timer = new PeriodicTimer(period, TimeProvider.System);
        try
        {
            while (await timer.WaitForNextTickAsync(end))
            {
                action();
            }
        }
        catch (OperationCanceledException) when (end.IsCancellationRequested)
        {
        }
    }
}
