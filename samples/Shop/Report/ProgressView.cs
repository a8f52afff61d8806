using System.Globalization;
using Shop.Incidents;
using Shop.Measurement;
using Spectre.Console;

namespace Shop.Report;

/// <summary>Shows how the run goes on: a live table on a terminal, a line for each result elsewhere.</summary>
internal abstract class ProgressView
{
    public static ProgressView Create(IAnsiConsole console, Scoreboard scoreboard) =>
        console.Profile.Capabilities.Interactive && console.Profile.Capabilities.Ansi && !Console.IsOutputRedirected
            ? new LiveTable(console, scoreboard)
            : new Lines(console, scoreboard);

    public abstract Task ShowAsync(Func<Task> run, CancellationToken cancellationToken);

    private sealed class LiveTable(IAnsiConsole console, Scoreboard scoreboard) : ProgressView
    {
        private static readonly TimeSpan Refresh = TimeSpan.FromMilliseconds(250);

        public override Task ShowAsync(Func<Task> run, CancellationToken cancellationToken) =>
            console.Live(ScoreTable.Of(scoreboard)).AutoClear(true).Overflow(VerticalOverflow.Crop).Cropping(VerticalOverflowCropping.Top).StartAsync(async live =>
            {
                var running = Task.Run(run, cancellationToken);
                while (!running.IsCompleted)
                {
                    live.UpdateTarget(ScoreTable.Of(scoreboard));
                    await Task.WhenAny(running, Task.Delay(Refresh, TimeProvider.System, CancellationToken.None));
                }

                await running;
            });
    }

    private sealed class Lines(IAnsiConsole console, Scoreboard scoreboard) : ProgressView
    {
        public override async Task ShowAsync(Func<Task> run, CancellationToken cancellationToken)
        {
            scoreboard.Ended += Write;
            await run();
            scoreboard.Ended -= Write;
        }

        private void Write(Incident incident, Stack stack, Figures figures) => console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{incident.Title,-32} {stack.Name,-6} {figures.Success,7:0.00} % of {figures.Requests} calls, p99 {figures.P99Ms:0} ms, {figures.AttemptsPerRequest:0.00} attempts"));
    }
}
