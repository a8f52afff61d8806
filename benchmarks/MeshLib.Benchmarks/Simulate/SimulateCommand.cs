using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;
using MeshLib.Testing.Simulation;

namespace MeshLib.Benchmarks;

/// <summary><c>-- simulate</c>: every load balancer, and the oracle, on every scenario; medians over several seeds.</summary>
internal static class SimulateCommand
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, PropertyNamingPolicy = JsonNamingPolicy.CamelCase };

    /// <param name="args"><c>--json FILE</c>, <c>--seeds N</c> (default 7), <c>--first-seed N</c> (default 1), <c>--scenario NAME</c> and <c>--policy NAME</c> (parts of names).</param>
    public static int Run(string[] args)
    {
        var seeds = Enumerable.Range(Number("--first-seed", 1), Number("--seeds", 7)).ToArray();
        var scenarios = SimulatedScenarios.All.Where(scenario => Option("--scenario") is not { } part || scenario.Name.Contains(part, StringComparison.OrdinalIgnoreCase)).ToArray();
        var policies = SimulatedPolicies.All.Where(policy => policy == SimulatedClient.Oracle || Option("--policy") is not { } part || policy.Name.Contains(part, StringComparison.OrdinalIgnoreCase)).ToArray();

        var rows = Simulate(scenarios, policies, seeds);
        Console.WriteLine(SimulateTable.Markdown(rows, seeds));
        var goals = SimulatedGoals.Judge(rows);
        Console.WriteLine(SimulateTable.Markdown(goals));
        if (Option("--json") is { } file)
        {
            File.WriteAllText(file, JsonSerializer.Serialize(
                new
                {
                    Default = SimulatedPolicies.Default,
                    Rows = rows.Select(static row => new
                    {
                        row.Scenario,
                        row.Policy,
                        Success = row.Success.Median,
                        P50Ms = row.P50Ms.Median,
                        P99Ms = row.P99Ms.Median,
                        P99OverOracle = row.P99OverOracle.Median,
                    }),
                },
                Indented));
        }

        // Part of the comparison may have no goal; the whole has, and nothing judged is nothing met.
        var isPart = rows.Count > 0 && (Option("--scenario") ?? Option("--policy")) is not null;
        return goals.All(static goal => goal.IsMet) && (goals.Count > 0 || isPart) ? 0 : 1;

        string? Option(string name) => Array.IndexOf(args, name) is var at and >= 0 && at + 1 < args.Length ? args[at + 1] : null;

        int Number(string name, int otherwise) => Option(name) is { } text ? int.Parse(text, CultureInfo.InvariantCulture) : otherwise;
    }

    private static List<SimulateRow> Simulate(SimulationScenario[] scenarios, SimulatedClient[] policies, int[] seeds)
    {
        var runs = from scenario in scenarios from policy in policies from seed in seeds select (scenario, policy, seed);
        var results = new ConcurrentDictionary<(string Scenario, string Policy, int Seed), SimulationResult>();

        // Each run has one thread; the long ones first, so that no processor is left with one at the end.
        Parallel.ForEach(
            Partitioner.Create(runs.OrderByDescending(static run => run.scenario.Servers.Count * run.scenario.Duration.TotalSeconds), EnumerablePartitionerOptions.NoBuffering),
            new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount },
            run => results[(run.scenario.Name, run.policy.Name, run.seed)] = Simulator.Run(run.scenario, run.policy, run.seed));

        var rows = from scenario in scenarios from policy in policies select Row(scenario, policy.Name);
        return [.. rows];

        SimulateRow Row(SimulationScenario scenario, string policy)
        {
            var ofSeeds = seeds.Select(seed => results[(scenario.Name, policy, seed)]).ToArray();
            return new(
                scenario.Name,
                policy,
                MedianAndRange.Of(ofSeeds.Select(static result => result.Success)),
                MedianAndRange.Of(ofSeeds.Select(static result => result.P50.TotalMilliseconds)),
                MedianAndRange.Of(ofSeeds.Select(static result => result.P99.TotalMilliseconds)),
                MedianAndRange.Of(ofSeeds.Select(static result => result.P999.TotalMilliseconds)),
                MedianAndRange.Of(ofSeeds.Select(result => result.P99 / results[(scenario.Name, SimulatedClient.Oracle.Name, result.Seed)].P99)),
                MedianAndRange.Of(ofSeeds.Select(result => LargestShare(scenario, result))));
        }
    }

    // A herd goes from one server to the next, so that over the whole run each has its share; looked at is each second from the first change of load on.
    private static double LargestShare(SimulationScenario scenario, SimulationResult result) => result.Timeline
        .Where(interval => interval.From >= scenario.Load[^Math.Max(scenario.Load.Count - 1, 1)].From && interval.From < scenario.Duration)
        .Max(static interval => interval.Requests.Max() * (double)interval.Requests.Count / Math.Max(interval.Requests.Sum(), 1));
}
