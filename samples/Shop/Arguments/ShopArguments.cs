using Shop.Incidents;

namespace Shop.Arguments;

/// <summary>What the command line asks for.</summary>
internal sealed record ShopArguments
{
    public const string Help = """
        The microservices demo: a shop of real processes, a load, and a script of incidents; MeshLib beside today's stack.

          dotnet run --project samples/Shop -- [options]

          --registry consul|memory  where the instances register (default: consul, and memory where no Consul can be had)
          --incident NAME           play one incident only
          --report FILE             write the figures as JSON
          --serve                   keep the shop up afterwards; Ctrl+C ends it
          --help                    this text

        Consul is $CONSUL_BIN, or a consul on the PATH, or what tests/get-consul.sh fetches.

        The exit code is 0 when MeshLib answered at least 99.9 % of the calls in every incident with a healthy instance
        (100 % where an orderly shop loses nothing) and kept away from a struck one as it should, 1 when it did not, 2 when the arguments are wrong or the shop could not open.
        """;

    /// <summary>Null: Consul where it can be had, memory otherwise.</summary>
    public RegistryKind? Registry { get; private init; }

    public Incident? Incident { get; private init; }

    public string? Report { get; private init; }

    public bool Serve { get; private init; }

    public bool HelpWanted { get; private init; }

    /// <exception cref="UsageException">An argument is unknown, or its value is missing or not allowed.</exception>
    public static ShopArguments Parse(IReadOnlyList<string> args)
    {
        var parsed = new ShopArguments();
        for (var i = 0; i < args.Count; i++)
        {
            parsed = args[i] switch
            {
                "--help" or "-h" => parsed with { HelpWanted = true },
                "--serve" => parsed with { Serve = true },
                "--registry" => parsed with { Registry = ToRegistry(ValueOf(args, ref i)) },
                "--incident" => parsed with { Incident = ToIncident(ValueOf(args, ref i)) },
                "--report" => parsed with { Report = ToReport(ValueOf(args, ref i)) },
                var unknown => throw new UsageException($"'{unknown}' is not an option of the shop; --help shows those there are."),
            };
        }

        return parsed;
    }

    private static string ValueOf(IReadOnlyList<string> args, ref int option) =>
        option + 1 < args.Count && !args[option + 1].StartsWith("--", StringComparison.Ordinal)
            ? args[++option]
            : throw new UsageException($"{args[option]} needs a value.");

    private static RegistryKind ToRegistry(string value) => value switch
    {
        "consul" => RegistryKind.Consul,
        "memory" => RegistryKind.Memory,
        _ => throw new UsageException($"--registry '{value}': the registries are consul and memory."),
    };

    private static Incident ToIncident(string value) =>
        IncidentScript.All.FirstOrDefault(incident => incident.Name == value)
        ?? throw new UsageException($"--incident '{value}': the incidents are {string.Join(", ", IncidentScript.All.Select(incident => incident.Name))}.");

    private static string ToReport(string value) =>
        Path.GetDirectoryName(Path.GetFullPath(value)) is { } folder && Directory.Exists(folder) && !Directory.Exists(value)
            ? Path.GetFullPath(value)
            : throw new UsageException($"--report '{value}': a file in an existing folder is needed.");
}
