using System.Diagnostics;
using System.Runtime.InteropServices;
using Shop.Instances;

namespace Shop.Processes;

/// <summary>One process of the shop. The driver holds its standard input open; a child ends when that closes.</summary>
internal sealed partial class ShopProcess : IAsyncDisposable
{
    private const int LastLines = 40;
    private const int SigTerm = 15;
    private static readonly TimeSpan ExitLimit = TimeSpan.FromSeconds(40);
    private static readonly TimeSpan CloseLimit = TimeSpan.FromSeconds(3);

    private readonly Process _process;
    private readonly Queue<string> _output = new();
    private readonly TaskCompletionSource<Uri> _address = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private ShopProcess(string name, Process process)
    {
        Name = name;
        _process = process;
        process.OutputDataReceived += (_, line) => Read(line.Data);
        process.ErrorDataReceived += (_, line) => Read(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    public string Name { get; }

    public bool HasEnded => _process.HasExited;

    /// <summary>Starts this executable in a role.</summary>
    public static ShopProcess Start(string name, string role, IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        if (Path.GetFileNameWithoutExtension(start.FileName) == "dotnet")
        {
            start.ArgumentList.Add(typeof(ShopProcess).Assembly.Location);
        }

        foreach (var argument in (string[])["role", role, .. arguments])
        {
            start.ArgumentList.Add(argument);
        }

        return new ShopProcess(name, Process.Start(start) ?? throw new InvalidOperationException($"{name} did not start."));
    }

    /// <summary>Where the process listens, once it does.</summary>
    public async Task<Uri> AddressAsync(TimeSpan limit, CancellationToken cancellationToken)
    {
        var exit = _process.WaitForExitAsync(cancellationToken);
        var first = await Task.WhenAny(_address.Task, exit).WaitAsync(limit, TimeProvider.System, cancellationToken);
        return first == _address.Task
            ? await _address.Task
            : throw new InvalidOperationException($"{Name} ended before it listened. Its last words:{Environment.NewLine}{LastWords()}");
    }

    /// <summary>SIGKILL: nothing is said to anyone.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
    }

    /// <summary>SIGTERM, and the time the process takes to leave in order.</summary>
    public async Task TerminateAsync(CancellationToken cancellationToken)
    {
        if (OperatingSystem.IsWindows())
        {
            _process.StandardInput.Close();
        }
        else
        {
            _ = SendSignal(_process.Id, SigTerm);
        }

        await _process.WaitForExitAsync(cancellationToken).WaitAsync(ExitLimit, TimeProvider.System, cancellationToken);
    }

    public string LastWords()
    {
        lock (_output)
        {
            return string.Join(Environment.NewLine, _output);
        }
    }

    /// <summary>Closes the standard input, which ends every child of the shop at once.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.StandardInput.Close();
            var exit = _process.WaitForExitAsync();
            if (await Task.WhenAny(exit, Task.Delay(CloseLimit, TimeProvider.System)) != exit)
            {
                _process.Kill(entireProcessTree: true);
            }
        }

        _process.Dispose();
    }

    private void Read(string? line)
    {
        if (line is null)
        {
            return;
        }

        if (line.StartsWith(DriverTie.Announcement, StringComparison.Ordinal))
        {
            _address.TrySetResult(new Uri(line[DriverTie.Announcement.Length..]));
        }

        lock (_output)
        {
            _output.Enqueue(line);
            if (_output.Count > LastLines)
            {
                _output.Dequeue();
            }
        }
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int SendSignal(int process, int signal);
}
