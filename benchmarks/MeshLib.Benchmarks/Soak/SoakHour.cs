using System.Globalization;
using MeshLib.TestKit;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.ServiceDiscovery;

namespace MeshLib.Benchmarks;

/// <summary>
/// <c>-- soak hour</c>: scenario L08. An open loop against six instances on loopback while a seeded script makes them sick, unregisters them and changes policy; every minute the
/// process is weighed after a full collection. Twice, after the warm-up and at the end, nobody calls for a while, until every connection is closed. Fails on a slope, and where the process is heavier at the second
/// rest than invariant I6 allows.
/// </summary>
internal static class SoakHour
{
    private const int Instances = 6;

    // Below ten minutes the warm-up of the process is most of any slope.
    private const double LeastMinutesForAVerdict = 10;
    private const double MostHeapMiBPerHour = 1;
    private const double NoisePerHour = 2;
    private const double WarmUp = 0.2;

    // All connections are closed by then: idle ones after a minute, and somebody looks for them every quarter of it.
    private static readonly TimeSpan LongestRest = TimeSpan.FromSeconds(100);

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
        var length = TimeSpan.FromMinutes(minutes);
        var rest = length / 10 is var tenth && tenth < LongestRest ? tenth : LongestRest;
        var firstRest = length * WarmUp;
        SoakSample? baseline = null;
        using var end = new CancellationTokenSource(length, TimeProvider.System);
        await Task.WhenAll(
            load.RunAsync(end.Token),
            EveryAsync(TimeSpan.FromSeconds(period), NextIncident, end.Token),
            EveryAsync(TimeSpan.FromMinutes(Math.Min(1, minutes / 10)), TakeSample, end.Token));
        var last = Sample("at rest", load, time);

        var amplification = instances.Sum(instance => (double)instance.Requests) / load.Calls;
        await provider.DisposeAsync();
        foreach (var instance in instances)
        {
            await instance.DisposeAsync();
        }

        return Report(load, samples, baseline ?? last, last, amplification, minutes);

        // Plays the next incident, after saying what the one before has cost.
        void NextIncident()
        {
            if (load.TakeFailures() is > 0 and var failed)
            {
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"        {load.Elapsed:hh\\:mm\\:ss}  {failed} failed during: {script.State}"));
            }

            var elapsed = load.Elapsed;
            if (elapsed >= firstRest + rest)
            {
                baseline ??= Sample("at rest", load, time);
            }

            load.IsResting = (elapsed >= firstRest && elapsed < firstRest + rest) || elapsed >= length - rest;
            if (load.IsResting)
            {
                script.Heal();
            }
            else
            {
                script.Next();
            }
        }

        void TakeSample()
        {
            if (!load.IsResting)
            {
                samples.Add(Sample("", load, time));
            }
        }
    }

    private static SoakSample Sample(string when, SoakLoad load, CountingTimeProvider time)
    {
        var sample = SoakSample.Take(load.Elapsed, time.LiveTimers);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{when,7} {sample.At:hh\\:mm\\:ss}  calls {load.Calls,9}  failed {load.Failed,6}  heap {sample.HeapMiB:0.00} MiB  threads {sample.Threads}  handles {sample.Handles}  sockets {sample.Sockets}  timers {sample.Timers}"));
        return sample;
    }

    private static int Report(SoakLoad load, List<SoakSample> samples, SoakSample baseline, SoakSample last, double amplification, double minutes)
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
            & IsBackAtBaseline("heap MiB", last.HeapMiB, baseline.HeapMiB, baseline.HeapMiB * 1.1)
            & IsBackAtBaseline("threads", last.Threads, baseline.Threads, baseline.Threads + 10)
            & IsBackAtBaseline("sockets", last.Sockets, baseline.Sockets, baseline.Sockets + 10)
            & IsBackAtBaseline("timers", last.Timers, baseline.Timers, baseline.Timers + 10);
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

    /// <summary>I6, at rest: what is open at any other moment depends on what is sick then, and weighs more than a leak would.</summary>
    private static bool IsBackAtBaseline(string what, double end, double baseline, double limit)
    {
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {what} at rest, at the end: {end:0.00}, after the warm-up: {baseline:0.00}, limit {limit:0.00}"));
        return end <= limit;
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
