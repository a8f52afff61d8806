using System.Diagnostics;

namespace MeshLib.Scenarios.Tests.Packaging;

/// <summary>The SDK's command line, in a process of its own.</summary>
internal static class DotNet
{
    private static readonly TimeSpan s_hangLimit = TimeSpan.FromMinutes(4);

    /// <summary>Runs a command to its end; a failure shows what it printed.</summary>
    /// <returns>What it wrote to its standard output.</returns>
    public static async Task<string> RunAsync(string folder, params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", arguments) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };

        // The test runs inside of the SDK's own runner, whose settings are not meant for what is started here.
        foreach (var name in start.Environment.Keys.Where(static name => name.StartsWith("MSBuild", StringComparison.OrdinalIgnoreCase)).ToArray())
        {
            start.Environment.Remove(name);
        }

        start.Environment["MSBUILDDISABLENODEREUSE"] = "1";
        start.Environment["DOTNET_NOLOGO"] = "1";
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        using var limit = new CancellationTokenSource(s_hangLimit);
        try
        {
            await process.WaitForExitAsync(limit.Token);
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }
        }

        Assert.True(process.ExitCode == 0, $"dotnet {string.Join(' ', arguments)} ended with {process.ExitCode}.{Environment.NewLine}{await output}{await errors}");
        return await output;
    }
}
