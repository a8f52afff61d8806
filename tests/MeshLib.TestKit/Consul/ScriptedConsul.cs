using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace MeshLib.TestKit;

/// <summary>
/// A Consul agent on loopback that answers as a test tells it to, down to the bytes. It records every request, and how many it held at once.
/// </summary>
public sealed class ScriptedConsul : IAsyncDisposable
{
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentQueue<ScriptedConsulRequest> _requests = new();
    private readonly ConcurrentDictionary<Task, bool> _connections = new();
    private readonly Task _accepting;
    private int _inFlight;
    private int _mostInFlight;

    public ScriptedConsul(Func<ScriptedConsulRequest, Task<ScriptedConsulWriter>> script)
    {
        Script = script;
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen(512);
        Address = $"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndPoint!).Port}";
        _accepting = AcceptAsync();
    }

    public ScriptedConsul(Func<ScriptedConsulRequest, ScriptedConsulWriter> script)
        : this(request => Task.FromResult(script(request)))
    {
    }

    public string Address { get; }

    /// <summary>Decides the answer to each request; can be replaced at any time.</summary>
    public Func<ScriptedConsulRequest, Task<ScriptedConsulWriter>> Script { get; set; }

    public IReadOnlyCollection<ScriptedConsulRequest> Requests => _requests;

    /// <summary>Requests that have come and are not answered, or whose client has not gone.</summary>
    public int InFlight => Volatile.Read(ref _inFlight);

    public int MostInFlight => Volatile.Read(ref _mostInFlight);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
        await _accepting;
        await Task.WhenAll(_connections.Keys);
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var serving = ServeAsync(await _listener.AcceptAsync(_stop.Token));
                _connections[serving] = true;
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
        }
    }

    private async Task ServeAsync(Socket connection)
    {
        using (connection)
        {
            try
            {
                connection.NoDelay = true;
                while (await ReadAsync(connection) is { } request && await AnswerAsync(request, connection))
                {
                }
            }
            catch (Exception e) when (e is OperationCanceledException or SocketException or IOException)
            {
                // The client has gone, or the test is over.
            }
        }
    }

    private async Task<bool> AnswerAsync(ScriptedConsulRequest request, Socket connection)
    {
        _requests.Enqueue(request);
        var inFlight = Interlocked.Increment(ref _inFlight);
        InterlockedMax(ref _mostInFlight, inFlight);
        try
        {
            var deciding = Script(request);
            if (!deciding.IsCompleted && await Task.WhenAny(deciding, UntilClosedAsync(connection)) != deciding)
            {
                return false;
            }

            return await (await deciding)(connection, _stop.Token);
        }
        finally
        {
            Interlocked.Decrement(ref _inFlight);
        }
    }

    /// <summary>Completes when the client closes: it sends nothing while it waits for an answer.</summary>
    private async Task UntilClosedAsync(Socket connection)
    {
        try
        {
            while (await connection.ReceiveAsync(new byte[1], SocketFlags.Peek, _stop.Token) > 0)
            {
                await Task.Yield();
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
        }
    }

    private async Task<ScriptedConsulRequest?> ReadAsync(Socket connection)
    {
        var bytes = new List<byte>();
        var one = new byte[1];
        while (!EndsHead(bytes))
        {
            if (await connection.ReceiveAsync(one, _stop.Token) == 0)
            {
                return null;
            }

            bytes.Add(one[0]);
        }

        var lines = Encoding.Latin1.GetString([.. bytes]).Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        var headers = lines.Skip(1).Select(line => line.Split(':', 2)).ToDictionary(pair => pair[0], pair => pair[1].Trim(), StringComparer.OrdinalIgnoreCase);
        var body = new byte[headers.TryGetValue("Content-Length", out var length) ? int.Parse(length, System.Globalization.CultureInfo.InvariantCulture) : 0];
        for (var read = 0; read < body.Length;)
        {
            read += await connection.ReceiveAsync(body.AsMemory(read), _stop.Token);
        }

        var start = lines[0].Split(' ');
        return new ScriptedConsulRequest(start[0], start[1], headers, Encoding.UTF8.GetString(body));
    }

    private static bool EndsHead(List<byte> bytes) => bytes.Count >= 4 && bytes[^4] == '\r' && bytes[^3] == '\n' && bytes[^2] == '\r' && bytes[^1] == '\n';

    private static void InterlockedMax(ref int target, int value)
    {
        for (var seen = Volatile.Read(ref target); seen < value; seen = Volatile.Read(ref target))
        {
            Interlocked.CompareExchange(ref target, value, seen);
        }
    }
}
