using System.Diagnostics;
using MeshLib.TestKit;

namespace MeshLib.Benchmarks;

/// <summary><c>-- soak scenarios</c>: the repository's tests, with the scenarios among them at the length that the catalogue asks for.</summary>
internal static class SoakScenarios
{
    public static async Task<int> RunAsync()
    {
        var root = new DirectoryInfo(AppContext.BaseDirectory);
        while (root is not null && !File.Exists(Path.Combine(root.FullName, "MeshLib.sln")))
        {
            root = root.Parent;
        }

        if (root is null)
        {
            Console.Error.WriteLine("The scenarios are the tests of the repository, and this runs outside of it.");
            return 2;
        }

        var start = new ProcessStartInfo("dotnet", ["test", "-c", "Release"]) { WorkingDirectory = root.FullName };
        start.Environment[ScenarioLength.Variable] = "1";
        using var tests = Process.Start(start)!;
        await tests.WaitForExitAsync();
        return tests.ExitCode == 0 ? 0 : 1;
    }
}
