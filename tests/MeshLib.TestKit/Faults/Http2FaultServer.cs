using System.Net.Sockets;
using System.Text;

namespace MeshLib.TestKit;

/// <summary>
/// An HTTP/2 server (prior knowledge, no TLS) on raw loopback sockets, with the faults that only frames can express. Request heads are not decoded:
/// <see cref="ServerCounts"/> knows the streams and, where the client wrote it uncompressed, the request id.
/// </summary>
public sealed class Http2FaultServer : IAsyncDisposable
{
    private readonly LoopbackListener _listener;
    private volatile Http2Fault _fault;
    private int _pings;

    /// <summary>Listens on a free loopback port.</summary>
    public Http2FaultServer(Http2Fault? fault = null)
    {
        _fault = fault ?? Http2Fault.Ok;
        _listener = new LoopbackListener(Counts, ServeAsync);
    }

    /// <summary>What reached the server.</summary>
    public ServerCounts Counts { get; } = new();

    /// <summary>The address, such as <c>http://127.0.0.1:49152</c>.</summary>
    public Uri Address => new($"http://127.0.0.1:{_listener.EndPoint.Port}");

    /// <summary>Pings received from clients.</summary>
    public int Pings => Volatile.Read(ref _pings);

    /// <summary>The behaviour towards requests from now on.</summary>
    public Http2Fault Fault
    {
        get => _fault;
        set => _fault = value;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _listener.DisposeAsync();

    private async Task ServeAsync(Socket socket, CancellationToken cancellationToken)
    {
        await using var stream = new NetworkStream(socket, ownsSocket: false);
        using var connection = new Http2Connection(socket, stream);
        await connection.StartAsync(cancellationToken).ConfigureAwait(false);
        var isDead = false;
        var requests = 0;
        var block = new List<byte>();
        var answers = new List<Task>();
        while (await connection.ReadAsync(cancellationToken).ConfigureAwait(false) is { } frame)
        {
            if (isDead)
            {
                continue;
            }

            switch (frame.Type)
            {
                case Http2FrameType.Settings when (frame.Flags & Http2Frame.Ack) == 0:
                    await connection.WriteAsync(Http2FrameType.Settings, Http2Frame.Ack, 0, default, cancellationToken).ConfigureAwait(false);
                    break;

                case Http2FrameType.Ping when (frame.Flags & Http2Frame.Ack) == 0:
                    Interlocked.Increment(ref _pings);
                    await connection.WriteAsync(Http2FrameType.Ping, Http2Frame.Ack, 0, frame.Payload, cancellationToken).ConfigureAwait(false);
                    break;

                case Http2FrameType.Headers or Http2FrameType.Continuation:
                    block.AddRange(frame.HeaderBlock.Span);
                    if ((frame.Flags & Http2Frame.EndHeaders) != 0)
                    {
                        var request = NewRequest([.. block], ++requests);
                        block.Clear();
                        Counts.RequestBegins(request);
                        answers.Add(AnswerAsync(new Http2Exchange(connection, frame.Stream, requests, () => isDead = true), cancellationToken));
                    }

                    break;

                case Http2FrameType.Data when frame.Payload.Length > 0:
                    Counts.BodyArrived(frame.Payload.Length);
                    await connection.ReturnWindowAsync(frame.Stream, frame.Payload.Length, cancellationToken).ConfigureAwait(false);
                    break;
            }
        }

        await Task.WhenAll(answers).ConfigureAwait(false);
    }

    private async Task AnswerAsync(Http2Exchange exchange, CancellationToken cancellationToken)
    {
        try
        {
            await _fault.PlayAsync(exchange, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            Counts.RequestEnds();
        }
    }

    private static ReceivedRequest NewRequest(byte[] block, int number)
    {
        var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        if (FindLiteral(block, ScriptedRequest.IdHeader) is { } id)
        {
            headers[ScriptedRequest.IdHeader] = id;
        }

        return new ReceivedRequest { Method = "", Target = "", Headers = headers, OnConnection = number };
    }

    // .NET's client writes names it has no index for, and their values, as plain literals: a length of one byte and the text.
    private static string? FindLiteral(ReadOnlySpan<byte> block, string name)
    {
        var at = block.IndexOf(Encoding.ASCII.GetBytes(name));
        return at < 0 ? null : Encoding.ASCII.GetString(block.Slice(at + name.Length + 1, block[at + name.Length]));
    }
}
