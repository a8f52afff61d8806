using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Shop.Roles;

/// <summary>
/// Runs a program that knows nothing of the driver (Consul), and kills it when the driver closes this process's standard input, when the driver is gone,
/// and when this process is told to end: the terminal's signals reach every process of the group, and Consul lives through a hangup.
/// </summary>
internal static class Guard
{
    public const string Name = "guard";

    public static async Task RunAsync(string[] command)
    {
        var toldToEnd = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, End);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, End);
        using var hangup = PosixSignalRegistration.Create(PosixSignal.SIGHUP, End);
        using var guarded = Process.Start(new ProcessStartInfo(command[0], command[1..]) { RedirectStandardInput = true })
            ?? throw new InvalidOperationException($"{command[0]} did not start.");

        await Task.WhenAny(DriverGoneAsync(), toldToEnd.Task, guarded.WaitForExitAsync());
        guarded.Kill();
        await guarded.WaitForExitAsync();

        // The thread that reads the standard input cannot be interrupted.
        Environment.Exit(guarded.ExitCode);

        void End(PosixSignalContext signal)
        {
            signal.Cancel = true;
            toldToEnd.TrySetResult();
        }
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
