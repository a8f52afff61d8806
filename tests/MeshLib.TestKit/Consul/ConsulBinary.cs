using System.Diagnostics;

namespace MeshLib.TestKit;

/// <summary>
/// The real Consul that tests run against: <c>$CONSUL_BIN</c>, the <c>PATH</c>, else what <c>tests/get-consul.sh</c> fetches. Where none can be had the
/// test fails and says why: a skipped test would look like a passed one.
/// </summary>
public static class ConsulBinary
{
    private static readonly Lazy<Task<string>> s_path = new(FindAsync);

    /// <summary>The path of the binary; looked for once in a process.</summary>
    /// <exception cref="InvalidOperationException">There is none; the message tells why.</exception>
    public static Task<string> PathAsync() => s_path.Value;

    /// <summary>The root of the repository: the nearest folder above this assembly that holds the solution.</summary>
    public static string RepositoryRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "MeshLib.sln")))
            {
                return folder.FullName;
            }
        }

        throw new InvalidOperationException($"No folder above {AppContext.BaseDirectory} holds MeshLib.sln, so tests/get-consul.sh cannot be found.");
    }

    // The script itself honours CONSUL_BIN and PATH; reading them here would be a second opinion.
    private static async Task<string> FindAsync()
    {
        var script = Path.Combine(RepositoryRoot(), "tests", "get-consul.sh");
        var start = new ProcessStartInfo("bash", [script]) { RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start) ?? throw new InvalidOperationException($"{script} could not be started.");
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync().WithinHangLimit(TimeSpan.FromMinutes(5));
        var path = (await output).Trim();
        return process.ExitCode == 0 && File.Exists(path)
            ? path
            : throw new InvalidOperationException($"There is no Consul to test against. {(await errors).Trim()}");
    }
}
