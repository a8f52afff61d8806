using System.Net.Sockets;

namespace MeshLib.TestKit;

/// <summary>
/// An HTTP/1.1 server on raw loopback sockets that misbehaves to order. Its behaviour can be switched at any time: connections and requests that come
/// later follow the new one. Its <see cref="Counts"/> say what really arrived.
/// </summary>
public sealed class FaultServer : IAsyncDisposable
{
    private readonly LoopbackListener _listener;
    private volatile Fault _fault;
    private int _generation;
    private int _thawed;

    /// <summary>Listens on a free loopback port.</summary>
    public FaultServer(Fault? fault = null)
    {
        _fault = fault ?? Faults.Ok;
        _listener = new LoopbackListener(Counts, ServeAsync);
        Fault = _fault;
    }

    /// <summary>What reached the server.</summary>
    public ServerCounts Counts { get; } = new();

    /// <summary>The address, such as <c>http://127.0.0.1:49152</c>; it stays the same while the port is closed.</summary>
    public Uri Address => new($"http://127.0.0.1:{Port}");

    /// <summary>The port.</summary>
    public int Port => _listener.EndPoint.Port;

    /// <summary>How long a connection may be idle before the server closes it. Endless by default.</summary>
    public TimeSpan IdleLimit { get; set; } = Timeout.InfiniteTimeSpan;

    /// <summary>The behaviour from now on.</summary>
    public Fault Fault
    {
        get => _fault;
        set
        {
            ArgumentNullException.ThrowIfNull(value);
            _fault = value;
            if (value.PortIsClosed)
            {
                _listener.Close();
            }
            else
            {
                _listener.Open();
            }
        }
    }

    /// <summary>Makes every connection that is open now half-open: it takes bytes and does not answer until <see cref="ThawConnections"/>. New connections work.</summary>
    public void FreezeConnections() => Interlocked.Increment(ref _generation);

    /// <summary>The net is back: half-open connections that are still there work again. A request that one of them has swallowed stays lost.</summary>
    public void ThawConnections() => Volatile.Write(ref _thawed, Volatile.Read(ref _generation));

    /// <summary>Resets every open connection.</summary>
    public void ResetConnections() => _listener.ResetAll();

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _listener.DisposeAsync();

    private async Task ServeAsync(Socket socket, CancellationToken cancellationToken)
    {
        var born = Volatile.Read(ref _generation);
        await using var stream = new NetworkStream(socket, ownsSocket: false);
        await HttpFaultLoop.RunAsync(
            new HttpConnection(socket, stream),
            Counts,
            () => _fault,
            () => IdleLimit,
            () => Volatile.Read(ref _generation) > Math.Max(born, Volatile.Read(ref _thawed)),
            cancellationToken).ConfigureAwait(false);
    }
}
