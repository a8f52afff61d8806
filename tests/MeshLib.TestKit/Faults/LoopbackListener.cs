using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace MeshLib.TestKit;

/// <summary>
/// Accepts on a loopback port that the system chose and keeps that port while it is closed, so that a server can die and come back at its address.
/// </summary>
internal sealed class LoopbackListener : IAsyncDisposable
{
    private readonly Func<Socket, CancellationToken, Task> _serve;
    private readonly ServerCounts _counts;
    private readonly CancellationTokenSource _stopping = new();
    private readonly ConcurrentDictionary<Socket, Task> _connections = new();
    private readonly Lock _gate = new();
    private readonly Socket _reservation;
    private Socket? _listener;
    private Task _accepting = Task.CompletedTask;

    public LoopbackListener(ServerCounts counts, Func<Socket, CancellationToken, Task> serve)
    {
        _counts = counts;
        _serve = serve;
        _reservation = NewSocket();

        // A bound socket that does not listen keeps the port from being handed to anybody else, and refuses connections like a dead process.
        _reservation.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        EndPoint = (IPEndPoint)_reservation.LocalEndPoint!;
        Open();
    }

    public IPEndPoint EndPoint { get; }

    public bool IsOpen
    {
        get
        {
            lock (_gate)
            {
                return _listener is not null;
            }
        }
    }

    public void Open()
    {
        lock (_gate)
        {
            if (_listener is not null)
            {
                return;
            }

            _listener = NewSocket();
            _listener.Bind(EndPoint);
            _listener.Listen(512);
            _accepting = AcceptAsync(_listener);
        }
    }

    public void Close()
    {
        lock (_gate)
        {
            _listener?.Dispose();
            _listener = null;
        }

        ResetAll();
    }

    public void ResetAll()
    {
        foreach (var socket in _connections.Keys)
        {
            Reset(socket);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        Close();
        await _accepting.ConfigureAwait(false);
        await Task.WhenAll(_connections.Values).WithinHangLimit(description: "connections of a fault server").ConfigureAwait(false);
        _reservation.Dispose();
        _stopping.Dispose();
    }

    public static void Reset(Socket socket)
    {
        try
        {
            socket.LingerState = new LingerOption(enable: true, seconds: 0);
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // Gone already, which is what was wanted.
        }

        socket.Dispose();
    }

    private static Socket NewSocket()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
        return socket;
    }

    private async Task AcceptAsync(Socket listener)
    {
        while (true)
        {
            Socket socket;
            try
            {
                socket = await listener.AcceptAsync(_stopping.Token).ConfigureAwait(false);
            }
            catch (Exception exception) when (exception is SocketException or ObjectDisposedException or OperationCanceledException)
            {
                return;
            }

            socket.NoDelay = true;
            var begun = new TaskCompletionSource();
            _connections[socket] = ServeAsync(socket, begun.Task);
            begun.SetResult();
        }
    }

    private async Task ServeAsync(Socket socket, Task registered)
    {
        await registered.ConfigureAwait(false);
        _counts.ConnectionOpened();
        try
        {
            await _serve(socket, _stopping.Token).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is SocketException or IOException or ObjectDisposedException or OperationCanceledException)
        {
            // The peer went away, or the test did: both are everyday here.
        }
        finally
        {
            socket.Dispose();
            _counts.ConnectionClosed();
            _connections.TryRemove(socket, out _);
        }
    }
}
