using System.Globalization;

namespace MeshLib.Benchmarks;

/// <summary>
/// Pick + release of each balancer, at 10 to 10 000 endpoints, on one thread and on two that share the picker; prints Markdown tables in nanoseconds per
/// operation and thread. The best of many rounds counts, each shorter than a time slice of the scheduler, because the machine may be busy with other things; the median
/// beside it tells how busy. Then what a change of the set costs, which nobody's request waits for.
/// </summary>
internal static class PickBenchmark
{
    private static readonly int[] Sizes = [10, 100, 1_000, 10_000];
    private static readonly int[] Threads = [1, 2];

    private static readonly TimeSpan WarmUp = TimeSpan.FromMilliseconds(300);

    /// <summary>The hash balancers get calls of so many keys, a power of two.</summary>
    private const int Keys = 1024;

    /// <summary>A balancer that has two names is measured once.</summary>
    private static readonly Subject[] Subjects =
    [
        new("PeakEwma, as by default", new(), Subset: true),
        .. LoadBalancers.BuiltIn.Where(static name => name != LoadBalancers.WeightedRandom).Select(static name => new Subject(name, new() { Policy = name })),
        .. new[] { LoadBalancers.RingHash, LoadBalancers.Maglev }.Select(static name => new Subject(name + ", bounded load", new() { Policy = name, BoundedLoad = 1.25 })),
        .. new[] { LoadBalancers.PeakEwma, LoadBalancers.LeastRequest, LoadBalancers.RoundRobin, LoadBalancers.Random }.Select(static name => new Subject(name + ", unequal weights", new() { Policy = name }, Weighted: true)),
    ];

    /// <param name="args"><c>--rounds N</c> (default 200), <c>--milliseconds N</c> per round (default 2), <c>--only NAME</c> for the balancers whose names begin so.</param>
    public static int Run(string[] args)
    {
        var rounds = Option(args, "--rounds", 200);
        var length = TimeSpan.FromMilliseconds(Option(args, "--milliseconds", 2));
        var clock = new MonotonicClock(TimeProvider.System);
        var balancers = new LoadBalancers([], new NoServices(), PickBenchmarkSubjects.Chance);
        var subjects = Subjects.Where(subject => Array.IndexOf(args, "--only") is not (>= 0 and var at) || subject.Title.StartsWith(args[at + 1], StringComparison.OrdinalIgnoreCase)).ToArray();

        // Once for nothing: what is measured first would be measured while the compiler is at it.
        Measure(balancers.Create(new LoadBalancingSettings()), PickBenchmarkSubjects.Endpoints(Sizes[0], clock, weighted: false), threads: 1, rounds, length, clock);

        Console.WriteLine("| pick + release, ns, best (median) | " + string.Join(" | ", Sizes.SelectMany(n => new[] { $"n={n}, 1 thread", $"n={n}, 2 threads" })) + " |");
        Console.WriteLine("|---|" + string.Concat(Enumerable.Repeat("---:|", Sizes.Length * 2)));
        foreach (var subject in subjects)
        {
            var cells = Sizes.SelectMany(n => Threads.Select(threads => Measure(balancers.Create(subject.Settings), subject.Used(PickBenchmarkSubjects.Endpoints(n, clock, subject.Weighted)), threads, rounds, length, clock)));
            Console.WriteLine($"| {subject.Title} | {string.Join(" | ", cells)} |");
        }

        Console.WriteLine();
        Console.WriteLine("| a change of the set, ms (KiB allocated) | " + string.Join(" | ", Sizes.Select(n => $"n={n}, from nothing | n={n}, one falls ill | n={n}, one leaves")) + " |");
        Console.WriteLine("|---|" + string.Concat(Enumerable.Repeat("---:|", Sizes.Length * 3)));
        foreach (var subject in subjects)
        {
            Console.WriteLine($"| {subject.Title} | {string.Join(" | ", Sizes.Select(n => Changes(subject, () => balancers.Create(subject.Settings), PickBenchmarkSubjects.Endpoints(n, clock, subject.Weighted), clock)))} |");
        }

        Console.WriteLine();
        Console.WriteLine($"Single picks of PeakEwma at n={Sizes[^1]}, the whole set: {Singles(balancers.Create(new LoadBalancingSettings()), PickBenchmarkSubjects.Endpoints(Sizes[^1], clock, weighted: false), clock)}.");
        Console.WriteLine($"Retry budget, deposit: {Times(1, rounds, length, clock, Deposits(clock))} ns on one thread, {Times(2, rounds, length, clock, Deposits(clock))} ns on two.");
        return 0;
    }

    private static string Measure(LoadBalancer balancer, IReadOnlyList<MeshEndpoint> set, int threads, int rounds, TimeSpan length, MonotonicClock clock)
    {
        foreach (var endpoint in set)
        {
            endpoint.Load.ObserveSuccess(0.005 + (PickBenchmarkSubjects.Chance.NextDouble() * 0.01), clock.Now());
        }

        var keyed = balancer is RingHashLoadBalancer or MaglevLoadBalancer;
        return Times(threads, rounds, length, clock, PickAndRelease(balancer.CreatePicker(set), PickBenchmarkSubjects.Calls(keyed ? Keys : 1, clock.Now())));
    }

    // One by one, the reading of the clock included: what a call may have to wait for.
    private static string Singles(LoadBalancer balancer, MeshEndpoint[] set, MonotonicClock clock)
    {
        var picker = balancer.CreatePicker(set);
        var call = PickBenchmarkSubjects.Calls(1, clock.Now())[0];
        var times = new double[1_000_000];
        for (var i = 0; i < times.Length; i++)
        {
            var began = clock.Now();
            picker.Pick(call);
            times[i] = clock.SecondsBetween(began, clock.Now()) * 1e9;
        }

        Array.Sort(times);
        return string.Create(CultureInfo.InvariantCulture, $"median {times[times.Length / 2]:F0} ns, p99 {times[times.Length / 100 * 99]:F0} ns");
    }

    private static Action<int> PickAndRelease(EndpointPicker picker, MeshCall[] calls) => operations =>
    {
        for (var i = 0; i < operations; i++)
        {
            var call = calls[i & (calls.Length - 1)];
            var load = picker.Pick(call)!.Load;
            load.Begin(call.AttemptStarted);
            load.End();
        }
    };

    // The median of a few: the first ones are compiled as they run.
    private static string Changes(Subject subject, Func<LoadBalancer> create, MeshEndpoint[] set, MonotonicClock clock)
    {
        const int Times = 15;
        var (whole, illness, change) = (new (double Milliseconds, double KiB)[Times], new (double Milliseconds, double KiB)[Times], new (double Milliseconds, double KiB)[Times]);
        for (var i = 0; i < Times; i++)
        {
            var balancer = create();
            whole[i] = Cost(() => balancer.CreatePicker(subject.Used(set), set));
            var rest = set.Where((_, index) => index != i % set.Length).ToArray();
            illness[i] = Cost(() => balancer.CreatePicker(subject.Used(rest), set));
            change[i] = Cost(() => balancer.CreatePicker(subject.Used(rest), rest));
        }

        return $"{Median(whole)} | {Median(illness)} | {Median(change)}";

        (double, double) Cost(Action action)
        {
            var (began, allocated) = (clock.Now(), GC.GetAllocatedBytesForCurrentThread());
            action();
            return (clock.SecondsBetween(began, clock.Now()) * 1e3, (GC.GetAllocatedBytesForCurrentThread() - allocated) / 1024.0);
        }

        static string Median((double Milliseconds, double KiB)[] costs)
        {
            Array.Sort(costs);
            return string.Create(CultureInfo.InvariantCulture, $"{costs[Times / 2].Milliseconds:F2} ({costs[Times / 2].KiB:F0})");
        }
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

    private static string Times(int threads, int rounds, TimeSpan length, MonotonicClock clock, Action<int> work)
    {
        // Many short runs rather than a long one, so that the compiler's last tier is reached; on a busy machine it takes its time.
        var began = clock.Now();
        for (var i = 0; i < 200 || clock.Between(began, clock.Now()) < WarmUp; i++)
        {
            work(1_000);
        }

        var times = Enumerable.Range(0, rounds).Select(_ => Round(threads, length, clock, work)).Order().ToArray();
        return string.Create(CultureInfo.InvariantCulture, $"{times[0]:F1} ({times[rounds / 2]:F1})");
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

    /// <param name="Title">Its name in the tables.</param>
    /// <param name="Settings">The balancer and its options.</param>
    /// <param name="Weighted">Whether weights are 1 to 10 rather than all alike.</param>
    /// <param name="Subset">Whether it is given a subset of a large set, as a service's balancer is as a rule.</param>
    private sealed record Subject(string Title, LoadBalancingSettings Settings, bool Weighted = false, bool Subset = false)
    {
        private static readonly SubsettingSettings Subsetting = new();

        /// <summary>What the balancer is given of a set.</summary>
        public IReadOnlyList<MeshEndpoint> Used(MeshEndpoint[] set) => Subset && set.Length >= Subsetting.MinEndpoints ? EndpointSubset.Of(set, set, place: null, Subsetting, seed: 1).Used : set;
    }

    private sealed class NoServices : IServiceProvider
    {
        public object? GetService(Type serviceType) => null;
    }
}
