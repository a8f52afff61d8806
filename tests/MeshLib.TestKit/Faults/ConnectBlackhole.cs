using System.Net;
using System.Net.Sockets;

namespace MeshLib.TestKit;

/// <summary>
/// An address where a connect neither succeeds nor fails, as behind a firewall that drops. It is a listener whose accept queue is full of its own
/// connections: the system then drops further connection requests. It needs no privilege.
/// </summary>
public sealed class ConnectBlackhole : IDisposable
{
    private static readonly TimeSpan s_surelyConnected = TimeSpan.FromMilliseconds(200);

    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly List<Socket> _fillers = [];

    private ConnectBlackhole()
    {
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen(1);
    }

    /// <summary>The address.</summary>
    public Uri Address => new($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndPoint!).Port}");

    /// <summary>Opens a blackhole; completes once connects are swallowed.</summary>
    public static async Task<ConnectBlackhole> OpenAsync()
    {
        var blackhole = new ConnectBlackhole();
        try
        {
            await blackhole.FillAsync().ConfigureAwait(false);
            return blackhole;
        }
        catch
        {
            blackhole.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _fillers.ForEach(static socket => socket.Dispose());
        _listener.Dispose();
    }

    private async Task FillAsync()
    {
        const int farMoreThanTheQueueHolds = 64;
        for (var filler = 0; filler < farMoreThanTheQueueHolds; filler++)
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            _fillers.Add(socket);
            using var patience = new CancellationTokenSource(s_surelyConnected);
            try
            {
                await socket.ConnectAsync(_listener.LocalEndPoint!, patience.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }

        throw new InvalidOperationException("The accept queue does not fill up on this system.");
    }
}
