using System.Diagnostics;
using System.Text.Json.Nodes;
using MeshLib.TestKit;
using Shop.Arguments;

namespace Shop.Tests;

/// <summary>The demo as a user starts it: real processes.</summary>
public sealed class ShopRunTests : IDisposable
{
    private readonly string _report = Path.Combine(Path.GetTempPath(), $"shop-{Guid.NewGuid():N}.json");

    [Fact]
    public async Task OneIncident_IsPlayedForEveryStackAndReported()
    {
        var (exitCode, output) = await RunAsync("--registry", "memory", "--incident", "one-503", "--report", _report);

        var report = JsonNode.Parse(await File.ReadAllTextAsync(_report, TestContext.Current.CancellationToken))!;
        Assert.Equal("memory", (string?)report["registry"]);
        var incident = Assert.Single(report["incidents"]!.AsArray())!;
        Assert.Equal("one-503", (string?)incident["name"]);
        foreach (var stack in (string[])["mesh", "today", "tuned"])
        {
            var figures = incident[stack]!;
            Assert.True((int?)figures["requests"] > 500, output);
            Assert.InRange((double)figures["success"]!, 0, 100);
            Assert.True((double?)figures["p50Ms"] <= (double?)figures["p99Ms"]);
            Assert.InRange((double)figures["attemptsPerRequest"]!, 0.01, 4);
            Assert.NotNull((string?)report["settings"]![stack]);
            Assert.Contains(stack, output, StringComparison.Ordinal);
        }

        // What it says, its exit code says as well, whatever the machine did meanwhile.
        var passed = (bool)report["verdict"]!["passed"]!;
        Assert.Equal((double)incident["mesh"]!["success"]! >= 99.9, passed);
        Assert.Equal(passed ? 0 : 1, exitCode);
        Assert.Contains($"MeshLib met its figure in {(passed ? 1 : 0)} of 1 incidents", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--help", 0)]
    [InlineData("--verbose", 2)]
    public async Task Help_AndMistakes_OpenNoShop(string argument, int expected)
    {
        var (exitCode, output) = await RunAsync(argument);

        Assert.Equal(expected, exitCode);
        Assert.Contains(expected == 0 ? ShopArguments.Help.ReplaceLineEndings("\n").Split('\n')[0] : "'--verbose' is not an option", output, StringComparison.Ordinal);
    }

    public void Dispose() => File.Delete(_report);

    private static async Task<(int ExitCode, string Output)> RunAsync(params string[] args)
    {
        var start = new ProcessStartInfo(Path.ChangeExtension(typeof(ShopArguments).Assembly.Location, OperatingSystem.IsWindows() ? ".exe" : null), args)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var shop = Process.Start(start)!;
        try
        {
            var (output, errors) = (shop.StandardOutput.ReadToEndAsync(), shop.StandardError.ReadToEndAsync());
            await shop.WaitForExitAsync().WithinHangLimit(TimeSpan.FromMinutes(2));
            return (shop.ExitCode, await output + await errors);
        }
        finally
        {
            shop.Kill(entireProcessTree: true);
        }
    }
}
