namespace MeshLib.Benchmarks;

/// <summary>The goals of the default balancer, against medians.</summary>
internal static class SimulatedGoals
{
    public static IReadOnlyList<SimulatedGoal> Judge(IReadOnlyList<SimulateRow> rows)
    {
        var goals = new List<SimulatedGoal>();
        Success("C1", "buoyant", 0.9995);
        Success("C2", "buoyant-cancel", 0.9996);
        Tail("C3", "uniform-100-c10", 1.06);
        Tail("C4", "hetero-10-c10", 1.30);
        Tail("C5", "antagonist-100-c10", 1.45);
        Success("C6", "fastfail-10-c1", 0.9999);
        Tail("C7", "coldstart-10-c1", 1.03);
        Tail("C8", "overload-10-c10", 1.2);
        Herding("C8", "overload-10-c10", 2, "where Finagle's tests draw the line. Nearest to it comes the second in which the queues outgrow the callers' patience: a server that has not yet failed a call gets those of the ones that have.");
        return goals;

        void Success(string name, string scenario, double least) => Judge(name, scenario, "success", least, static row => row.Success.Median, static (reached, limit) => reached >= limit);

        void Tail(string name, string scenario, double most) => Judge(name, scenario, "p99 ÷ oracle", most, static row => row.P99OverOracle.Median, static (reached, limit) => reached <= limit);

        void Herding(string name, string scenario, double most, string reason) =>
            Judge(name, scenario, "largest share of any second ÷ fair share", most, static row => row.LargestShare.Median, static (reached, limit) => reached <= limit, reason);

        void Judge(string name, string scenario, string figure, double limit, Func<SimulateRow, double> figureOf, Func<double, double, bool> isMet, string? reason = null)
        {
            if (rows.FirstOrDefault(row => row.Scenario == scenario && row.Policy == SimulatedPolicies.Default) is { } row)
            {
                goals.Add(new(name, scenario, figure, limit, figureOf(row), isMet(figureOf(row), limit), reason));
            }
        }
    }
}
