using System.Globalization;

namespace Simulation;

/// <summary>What to simulate, and where to draw it.</summary>
internal sealed record SimulationArguments(string Policy, string Script, string Service, int Seed, string Output)
{
    public const string Usage =
        """
        usage: dotnet run -c Release --project samples/Simulation -- POLICY SCRIPT [--service orders] [--seed 1] [--out simulation.png]

          POLICY   JSON with a section "Mesh", as appsettings.json has it
          SCRIPT   JSON with servers, their faults, clients and load; see samples/Simulation/README.md
        """;

    public static SimulationArguments? Parse(string[] args)
    {
        var files = args.TakeWhile(static argument => !argument.StartsWith("--", StringComparison.Ordinal)).ToArray();
        var options = args.Skip(files.Length).Chunk(2).ToArray();
        if (files.Length != 2 || options.Any(static pair => pair.Length != 2 || pair[0] is not ("--service" or "--seed" or "--out")))
        {
            return null;
        }

        return int.TryParse(Option("--seed", "1"), CultureInfo.InvariantCulture, out var seed)
            ? new(files[0], files[1], Option("--service", "orders"), seed, Option("--out", "simulation.png"))
            : null;

        string Option(string name, string otherwise) => options.FirstOrDefault(pair => pair[0] == name)?[1] ?? otherwise;
    }
}
