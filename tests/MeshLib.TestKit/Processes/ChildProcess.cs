using System.Collections.Concurrent;
using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;

namespace MeshLib.TestKit;

/// <summary>A program that a test runs and can freeze and kill. It never outlives the test process, however that ends.</summary>
public sealed class ChildProcess : IAsyncDisposable
{
    private const int LastLinesKept = 20;
    private const int SigTerm = 15;
    private const int SigContinue = 18;
    private const int SigStop = 19;

    private static readonly string? s_setpriv = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':')
        .Select(static folder => Path.Combine(folder, "setpriv")).FirstOrDefault(File.Exists);

    private static readonly ConcurrentDictionary<int, Process> s_running = new();
    private static readonly BlockingCollection<Action> s_starts = [];

    private readonly Process _process;
    private readonly ConcurrentQueue<string> _lastLines;

    static ChildProcess()
    {
        AppDomain.CurrentDomain.ProcessExit += (_, _) =>
        {
            foreach (var process in s_running.Values)
            {
                Kill(process);
            }
        };

        // The kernel sends a child its parent-death signal when the *thread* that started it ends (prctl(2)), and threads of the pool come and go:
        // all children are therefore started by one thread that lives as long as the process.
        new Thread(static () =>
        {
            foreach (var start in s_starts.GetConsumingEnumerable())
            {
                start();
            }
        })
        { IsBackground = true, Name = "starts child processes" }.Start();
    }

    private ChildProcess(Process process, ConcurrentQueue<string> lastLines)
    {
        _process = process;
        _lastLines = lastLines;
    }

    /// <summary>Whether it has ended.</summary>
    public bool HasExited => _process.HasExited;

    /// <summary>What it ended with.</summary>
    public int ExitCode => _process.ExitCode;

    /// <summary>The last lines that it wrote, for the message of a failure.</summary>
    public string LastLines => string.Join(Environment.NewLine, _lastLines);

    /// <summary>Starts the executable <paramref name="binary"/>.</summary>
    public static async Task<ChildProcess> StartAsync(string binary, IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(s_setpriv ?? binary) { RedirectStandardOutput = true, RedirectStandardError = true };
        string[] guard = s_setpriv is null ? [] : ["--pdeathsig", "KILL", binary];
        foreach (var argument in guard.Concat(arguments))
        {
            start.ArgumentList.Add(argument);
        }

        var started = new TaskCompletionSource<Process>(TaskCreationOptions.RunContinuationsAsynchronously);
        s_starts.Add(() =>
        {
            try
            {
                started.SetResult(Process.Start(start)!);
            }
            catch (Exception e) when (e is Win32Exception or InvalidOperationException)
            {
                started.SetException(e);
            }
        });

        var process = await started.Task;
        s_running[process.Id] = process;
        var lines = new ConcurrentQueue<string>();
        void Keep(object sender, DataReceivedEventArgs e)
        {
            if (e.Data is { } line)
            {
                lines.Enqueue(line);
                if (lines.Count > LastLinesKept)
                {
                    lines.TryDequeue(out string? _);
                }
            }
        }

        process.OutputDataReceived += Keep;
        process.ErrorDataReceived += Keep;
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return new ChildProcess(process, lines);
    }

    /// <summary>SIGSTOP: connections stay open and nothing answers.</summary>
    public void Freeze()
    {
        Signal(SigStop);

        // The signal is on its way to every thread when the call returns; a thread that it has not reached yet may answer once more.
        if (!SpinWait.SpinUntil(() => _process.HasExited || Directory.EnumerateDirectories($"/proc/{_process.Id}/task").All(IsStopped), HangLimit.Default))
        {
            throw new TimeoutException($"Process {_process.Id} goes on although it was told to stop.");
        }
    }

    /// <summary>SIGCONT.</summary>
    public void Resume() => Signal(SigContinue);

    /// <summary>SIGTERM, and waits.</summary>
    public async Task TerminateAsync()
    {
        Signal(SigTerm);
        await _process.WaitForExitAsync().WithinHangLimit();
    }

    /// <summary>SIGKILL, and waits; it also ends a frozen process.</summary>
    public async Task KillAsync()
    {
        Kill(_process);
        await _process.WaitForExitAsync().WithinHangLimit();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        s_running.TryRemove(_process.Id, out _);
        _process.Dispose();
    }

    private static void Kill(Process process)
    {
        try
        {
            process.Kill();
        }
        catch (InvalidOperationException)
        {
            // It has ended by itself.
        }
    }

    private void Signal(int signal)
    {
        if (!_process.HasExited && SendSignal(_process.Id, signal) != 0)
        {
            throw new Win32Exception(Marshal.GetLastPInvokeError(), $"Signal {signal} could not be sent.");
        }
    }

    [DllImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static extern int SendSignal(int processId, int signal);

    // The state is the first letter after the name, which stands in parentheses and may hold anything (proc(5)).
    private static bool IsStopped(string thread)
    {
        try
        {
            var status = File.ReadAllText(Path.Combine(thread, "stat"));
            return status[status.LastIndexOf(')') + 2] == 'T';
        }
        catch (IOException)
        {
            // The thread has ended in the meantime: look at those that are left again.
            return false;
        }
    }
}
