using MeshLib.Benchmarks;

return args switch
{
    ["headline", .. var rest] => await HeadlineCommand.RunAsync(rest),
    ["overhead"] => OverheadCommand.Run(),
    ["pick", .. var rest] => PickBenchmark.Run(rest),
    ["simulate", .. var rest] => SimulateCommand.Run(rest),
    ["soak", .. var rest] when SoakCommand.Parse(rest) is { } soak => await soak.RunAsync(),
    _ => Usage(),
};

static int Usage()
{
    Console.Error.WriteLine(
        """
        usage: dotnet run -c Release --project benchmarks/MeshLib.Benchmarks -- COMMAND

          headline [--virtual] [--json FILE]   1 of 3 instances answers 503: today's stack three ways, and MeshLib
          overhead                             what a call costs on top of a bare factory client
          pick                                 what picking and releasing an endpoint costs
          simulate [--json FILE] [--seeds 7] [--first-seed 1] [--scenario NAME] [--policy NAME]
                                               every load balancer against the oracle, on virtual time
          soak [scenarios | hour] [--minutes 60] [--rate 500] [--seed 1] [--period 5]
                                               every scenario at full length, as tests; then an hour of faults, churn
                                               and policy changes: does anything grow?
        """);
    return 2;
}
