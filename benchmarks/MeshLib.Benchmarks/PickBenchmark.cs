using System.Globalization;

namespace MeshLib.Benchmarks;

/// <summary>
/// Pick + release of each balancer, at 10 to 10 000 endpoints, on one thread and on two that share the picker; prints a Markdown table in nanoseconds per
/// operation and thread. The best of many rounds counts, each shorter than a time slice of the scheduler, because the machine may be busy with other things.
/// </summary>
internal static class PickBenchmark
{
    private static readonly int[] Sizes = [10, 100, 1_000, 10_000];
    private static readonly int[] Threads = [1, 2];
    private static readonly string[] Balancers = [LoadBalancers.PeakEwma, LoadBalancers.LeastRequest, LoadBalancers.RoundRobin, LoadBalancers.Random];

    /// <param name="args"><c>--rounds N</c> (default 200) and <c>--milliseconds N</c> per round (default 2).</param>
    public static int Run(string[] args)
    {
        var rounds = Option(args, "--rounds", 200);
        var length = TimeSpan.FromMilliseconds(Option(args, "--milliseconds", 2));
        var clock = new MonotonicClock(TimeProvider.System);
        var balancers = new LoadBalancers([], new NoServices(), PickBenchmarkSubjects.Chance);

        Console.WriteLine("| pick + release, ns | " + string.Join(" | ", Sizes.SelectMany(n => new[] { $"n={n}, 1 thread", $"n={n}, 2 threads" })) + " |");
        Console.WriteLine("|---|" + string.Concat(Enumerable.Repeat("---:|", Sizes.Length * 2)));
        foreach (var name in Balancers)
        {
            var cells = Sizes.SelectMany(n => Threads.Select(threads => Measure(balancers.Create(name), n, threads, rounds, length, clock)));
            Console.WriteLine($"| {name} | {string.Join(" | ", cells.Select(ns => ns.ToString("F1", CultureInfo.InvariantCulture)))} |");
        }

        Console.WriteLine();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Retry budget, deposit: {Best(1, rounds, length, clock, () => Deposits(clock)):F1} ns on one thread, {Best(2, rounds, length, clock, () => Deposits(clock)):F1} ns on two."));
        return 0;
    }

    private static double Measure(LoadBalancer balancer, int endpoints, int threads, int rounds, TimeSpan length, MonotonicClock clock)
    {
        var set = PickBenchmarkSubjects.Endpoints(endpoints, clock);
        foreach (var endpoint in set)
        {
            endpoint.Load.ObserveSuccess(0.005 + (PickBenchmarkSubjects.Chance.NextDouble() * 0.01), clock.Now());
        }

        var picker = balancer.CreatePicker(set);
        return Best(threads, rounds, length, clock, () => PickAndRelease(picker, clock));
    }

    private static Action<int> PickAndRelease(EndpointPicker picker, MonotonicClock clock)
    {
        return operations =>
        {
            var call = PickBenchmarkSubjects.Call(clock.Now());
            for (var i = 0; i < operations; i++)
            {
                var load = picker.Pick(call)!.Load;
                load.Begin(call.AttemptStarted);
                load.End();
            }
        };
    }

    private static Action<int> Deposits(MonotonicClock clock)
    {
        var budget = new RetryBudget(new RetryBudgetSettings(), clock);
        return operations =>
        {
            var now = clock.Now();
            for (var i = 0; i < operations; i++)
            {
                budget.Deposit(now);
            }
        };
    }

    private static double Best(int threads, int rounds, TimeSpan length, MonotonicClock clock, Func<Action<int>> subject)
    {
        var work = subject();
        for (var i = 0; i < 200; i++)
        {
            // Many short runs rather than a long one, so that the compiler's last tier is reached.
            work(1_000);
        }

        return Enumerable.Range(0, rounds).Min(_ => Round(threads, length, clock, work));
    }

    private static double Round(int threads, TimeSpan length, MonotonicClock clock, Action<int> work)
    {
        const int Batch = 1_000;
        var results = new double[threads];
        using var start = new Barrier(threads);
        var running = Enumerable.Range(0, threads).Select(index => new Thread(() =>
        {
            start.SignalAndWait();
            var (began, operations) = (clock.Now(), 0L);
            while (clock.Between(began, clock.Now()) < length)
            {
                work(Batch);
                operations += Batch;
            }

            results[index] = clock.SecondsBetween(began, clock.Now()) * 1e9 / operations;
        })).ToArray();
        Array.ForEach(running, thread => thread.Start());
        Array.ForEach(running, thread => thread.Join());
        return results.Average();
    }

    private static int Option(string[] args, string name, int otherwise) =>
        Array.IndexOf(args, name) is var at and >= 0 && at + 1 < args.Length ? int.Parse(args[at + 1], CultureInfo.InvariantCulture) : otherwise;

    private sealed class NoServices : IServiceProvider
    {
        public object? GetService(Type serviceType) => null;
    }
}
