using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;

namespace MeshLib.TestKit;

/// <summary>An HTTPS server on loopback that misbehaves in the handshake, or answers 200 after it.</summary>
public sealed class TlsFaultServer : IAsyncDisposable
{
    private readonly LoopbackListener _listener;
    private volatile TlsFault _fault;

    /// <summary>Listens on a free loopback port.</summary>
    public TlsFaultServer(TlsFault fault)
    {
        _fault = fault;
        _listener = new LoopbackListener(Counts, ServeAsync);
    }

    /// <summary>What reached the server. A request counts only once the handshake succeeded: with a bad certificate there must be none.</summary>
    public ServerCounts Counts { get; } = new();

    /// <summary>The address by number, such as <c>https://127.0.0.1:49152</c>.</summary>
    public Uri Address => new($"https://127.0.0.1:{_listener.EndPoint.Port}");

    /// <summary>The behaviour of handshakes from now on.</summary>
    public TlsFault Fault
    {
        get => _fault;
        set => _fault = value;
    }

    /// <summary>How requests are treated after the handshake.</summary>
    public Fault Answer { get; set; } = Faults.Ok;

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _listener.DisposeAsync();

    private async Task ServeAsync(Socket socket, CancellationToken cancellationToken)
    {
        await using var plain = new NetworkStream(socket, ownsSocket: false);
        var fault = _fault;
        if (fault.Certificate is not { } certificate)
        {
            await BreakHandshakeAsync(fault, new HttpConnection(socket, plain), cancellationToken).ConfigureAwait(false);
            return;
        }

        await using var secure = new SslStream(plain);
        try
        {
            await secure.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificate = certificate }, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is AuthenticationException or IOException)
        {
            Counts.HandshakeFailed();
            return;
        }

        await HttpFaultLoop.RunAsync(
            new HttpConnection(socket, secure),
            Counts,
            () => Answer,
            static () => Timeout.InfiniteTimeSpan,
            static () => false,
            cancellationToken).ConfigureAwait(false);
    }

    private async Task BreakHandshakeAsync(TlsFault fault, HttpConnection connection, CancellationToken cancellationToken)
    {
        Counts.HandshakeFailed();
        if (fault == TlsFault.Hang)
        {
            await connection.DrainAsync(cancellationToken).ConfigureAwait(false);
        }
        else if (fault == TlsFault.Garbage)
        {
            await connection.WriteAsync("SSH-2.0-OpenSSH_9.9\r\n", cancellationToken).ConfigureAwait(false);
            await connection.FinishAsync(cancellationToken).ConfigureAwait(false);
        }
        else
        {
            await connection.ReceiveSomethingAsync(cancellationToken).ConfigureAwait(false);
            connection.Reset();
        }
    }
}
