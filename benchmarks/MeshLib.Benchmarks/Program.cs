using MeshLib.Benchmarks;

return args switch
{
    ["headline", .. var rest] => await HeadlineCommand.RunAsync(rest),
    ["overhead"] => OverheadCommand.Run(),
    ["pick", .. var rest] => PickBenchmark.Run(rest),
    _ => Usage(),
};

static int Usage()
{
    Console.Error.WriteLine(
        """
        usage: dotnet run -c Release --project benchmarks/MeshLib.Benchmarks -- COMMAND

          headline [--virtual] [--json FILE]   1 of 3 instances answers 503: today's stack three ways, and MeshLib
          overhead                             what a call costs on top of a bare factory client
        """);
    return 2;
}
