using System.Runtime.InteropServices;
using Shop.Arguments;
using Shop.Incidents;
using Shop.Measurement;
using Shop.Processes;
using Shop.Registry;
using Shop.Report;
using Shop.Roles;
using Spectre.Console;

namespace Shop;

/// <summary>Opens the shop, plays the incidents, shows and judges the figures, closes the shop.</summary>
internal static class Driver
{
    private const int NotRun = 2;
    private const int Interrupted = 130;

    public static async Task<int> RunAsync(string[] args)
    {
        using var interrupted = new CancellationTokenSource();
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, End);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, End);
        try
        {
            var arguments = ShopArguments.Parse(args);
            if (arguments.HelpWanted)
            {
                Console.WriteLine(ShopArguments.Help);
                return 0;
            }

            return await RunAsync(arguments, interrupted.Token);
        }
        catch (UsageException wrong)
        {
            await Console.Error.WriteLineAsync($"Shop: {wrong.Message}");
            return NotRun;
        }
        catch (Exception failure) when (failure is InvalidOperationException or TimeoutException or HttpRequestException)
        {
            await Console.Error.WriteLineAsync($"Shop: the shop could not open or go on. {failure.Message}");
            return NotRun;
        }
        catch (OperationCanceledException) when (interrupted.IsCancellationRequested)
        {
            await Console.Error.WriteLineAsync("Shop: interrupted.");
            return Interrupted;
        }

        void End(PosixSignalContext signal)
        {
            signal.Cancel = true;
            interrupted.Cancel();
        }
    }

    private static async Task<int> RunAsync(ShopArguments arguments, CancellationToken cancellationToken)
    {
        var console = ShopConsole.Create();
        await using var registry = await RegistryChoice.OpenAsync(arguments.Registry, console, cancellationToken);
        await using var fleet = new Fleet(registry);
        var started = TimeProvider.System.GetTimestamp();
        await fleet.OpenAsync(cancellationToken);
        var offer = await Greeting.AskAsync(fleet, cancellationToken);
        console.MarkupLineInterpolated($"The shop is open after {TimeProvider.System.GetElapsedTime(started).TotalSeconds:0.0} s; the storefront offers {offer}");

        var scoreboard = new Scoreboard(arguments.Incident is { } only ? [only] : IncidentScript.All, Stack.All);
        var run = new IncidentRun(fleet, registry, scoreboard, TimeProvider.System);
        await ProgressView.Create(console, scoreboard).ShowAsync(() => run.PlayAsync(cancellationToken), cancellationToken);

        var verdict = new Verdict(scoreboard);
        console.Write(ScoreTable.Of(scoreboard));
        Settings.Write(console, registry);
        if (arguments.Report is { } file)
        {
            await ReportFile.WriteAsync(file, registry, scoreboard, verdict, cancellationToken);
            console.MarkupLineInterpolated($"The figures are in {file}");
        }

        verdict.Write(console);
        if (arguments.Serve)
        {
            await ServeAsync(console, registry, fleet, cancellationToken);
        }

        return verdict.Passed ? 0 : 1;
    }

    private static async Task ServeAsync(IAnsiConsole console, IRegistry registry, Fleet fleet, CancellationToken cancellationToken)
    {
        var catalog = fleet.Of(Role.Catalog)[0];
        console.MarkupLineInterpolated($"""
            The shop stays open; Ctrl+C closes it.
              the storefront   curl {fleet.Of(Role.Storefront)[0].Address}offers/1
              the registry     {registry.Address}
              a mishap         curl -X PUT {catalog.Address}control/fault/hang   (unavailable, slow, flaky, none)
            """);
        await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }
}
