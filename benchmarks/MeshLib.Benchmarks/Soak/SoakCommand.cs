using System.Globalization;

namespace MeshLib.Benchmarks;

/// <summary><c>-- soak</c>: the figures of the scenarios at full length, then the hour.</summary>
internal sealed class SoakCommand
{
    private readonly Dictionary<string, double> _numbers = new() { ["--minutes"] = 60, ["--rate"] = 500, ["--seed"] = 1, ["--period"] = 5 };
    private bool _scenarios = true;
    private bool _hour = true;

    private SoakCommand()
    {
    }

    /// <summary>Null when an argument is not understood.</summary>
    public static SoakCommand? Parse(string[] args)
    {
        var command = new SoakCommand();
        var part = args.FirstOrDefault();
        if (part is "scenarios" or "hour")
        {
            (command._scenarios, command._hour) = (part == "scenarios", part == "hour");
            args = args[1..];
        }

        foreach (var pair in args.Chunk(2))
        {
            if (pair is not [var name, var text]
                || !command._numbers.ContainsKey(name)
                || !double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
                || !(number > 0))
            {
                return null;
            }

            command._numbers[name] = number;
        }

        return command;
    }

    public async Task<int> RunAsync()
    {
        var scenarios = _scenarios ? await SoakScenarios.RunAsync() : 0;
        var hour = _hour ? await SoakHour.RunAsync(_numbers["--minutes"], _numbers["--rate"], (int)_numbers["--seed"], _numbers["--period"]) : 0;
        return Math.Max(scenarios, hour);
    }
}
