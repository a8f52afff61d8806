using System.Diagnostics;

namespace Shop.Roles;

/// <summary>
/// Runs a program that knows nothing of the driver (Consul), and kills it when the driver closes this process's standard input or is gone.
/// </summary>
internal static class Guard
{
    public const string Name = "guard";

    public static async Task RunAsync(string[] command)
    {
        using var guarded = Process.Start(new ProcessStartInfo(command[0], command[1..]) { RedirectStandardInput = true })
            ?? throw new InvalidOperationException($"{command[0]} did not start.");

        // Consul is told to end by its guard alone: an interrupt from the terminal reaches every process of the group.
        Console.CancelKeyPress += static (_, interrupt) => interrupt.Cancel = true;
        await Task.WhenAny(DriverGoneAsync(), guarded.WaitForExitAsync());
        guarded.Kill();
        await guarded.WaitForExitAsync();
        Environment.Exit(guarded.ExitCode);
    }

    private static Task DriverGoneAsync() => Task.Factory.StartNew(
        static () =>
        {
            while (Console.In.Read() >= 0)
            {
            }
        },
        TaskCreationOptions.LongRunning);
}
