using System.Diagnostics;
using Shop.Arguments;

namespace Shop.Registry;

/// <summary>Looks for a Consul: <c>$CONSUL_BIN</c>, the <c>PATH</c>, and what <c>tests/get-consul.sh</c> fetches.</summary>
internal static class ConsulBinary
{
    private static readonly TimeSpan FetchLimit = TimeSpan.FromMinutes(1);

    /// <returns>The path of the program.</returns>
    /// <exception cref="UsageException">None can be had; the message says why.</exception>
    public static async Task<string> FindAsync(CancellationToken cancellationToken)
    {
        if (Environment.GetEnvironmentVariable("CONSUL_BIN") is { Length: > 0 } named)
        {
            return File.Exists(named) ? named : throw new UsageException($"CONSUL_BIN is '{named}', which is not a file.");
        }

        var onPath = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
            .Select(folder => Path.Combine(folder, OperatingSystem.IsWindows() ? "consul.exe" : "consul"))
            .FirstOrDefault(File.Exists);
        return onPath ?? await FetchAsync(cancellationToken);
    }

    private static async Task<string> FetchAsync(CancellationToken cancellationToken)
    {
        if (OperatingSystem.IsWindows() || FindScript() is not { } script)
        {
            throw new UsageException("there is no consul on the PATH, CONSUL_BIN is not set, and tests/get-consul.sh is not at hand.");
        }

        using var bash = Process.Start(new ProcessStartInfo("bash", [script]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        try
        {
            var path = bash.StandardOutput.ReadToEndAsync(cancellationToken);
            var problem = bash.StandardError.ReadToEndAsync(cancellationToken);
            await bash.WaitForExitAsync(cancellationToken).WaitAsync(FetchLimit, TimeProvider.System, cancellationToken);
            return bash.ExitCode == 0 ? (await path).Trim() : throw new UsageException((await problem).Trim());
        }
        catch (TimeoutException)
        {
            throw new UsageException($"tests/get-consul.sh took more than {FetchLimit.TotalSeconds} s.");
        }
        finally
        {
            if (!bash.HasExited)
            {
                bash.Kill(entireProcessTree: true);
            }
        }
    }

    private static string? FindScript()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (Path.Combine(folder.FullName, "tests", "get-consul.sh") is var script && File.Exists(script))
            {
                return script;
            }
        }

        return null;
    }
}
