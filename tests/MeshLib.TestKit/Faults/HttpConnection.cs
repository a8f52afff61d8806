using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace MeshLib.TestKit;

/// <summary>The server's side of one HTTP/1.1 connection, with access to the socket under it. Used by one flow.</summary>
internal sealed class HttpConnection(Socket socket, Stream stream)
{
    private const int MaxHeadBytes = 64 * 1024;

    private readonly byte[] _buffer = new byte[MaxHeadBytes];
    private int _start;
    private int _end;
    private int _requests;

    public Socket Socket => socket;

    /// <summary>Reads the next request's head; null when the client has closed the connection.</summary>
    public async Task<ReceivedRequest?> ReadHeadAsync(CancellationToken cancellationToken)
    {
        int length;
        while ((length = _buffer.AsSpan(_start, _end - _start).IndexOf("\r\n\r\n"u8)) < 0)
        {
            if (!await FillAsync(cancellationToken).ConfigureAwait(false))
            {
                return null;
            }
        }

        var lines = Encoding.Latin1.GetString(_buffer, _start, length).Split("\r\n");
        _start += length + 4;
        var first = lines[0].Split(' ');
        var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var line in lines.Skip(1))
        {
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            var (name, value) = (line[..colon], line[(colon + 1)..].Trim());
            headers[name] = headers.TryGetValue(name, out var before) ? $"{before},{value}" : value;
        }

        return new ReceivedRequest { Method = first[0], Target = first[1], Headers = headers, OnConnection = ++_requests };
    }

    /// <summary>Reads the body that <paramref name="head"/> announces and notes its length there.</summary>
    public async Task ReadBodyAsync(ReceivedRequest head, CancellationToken cancellationToken)
    {
        if (head.Header("Expect") is not null)
        {
            await WriteAsync("HTTP/1.1 100 Continue\r\n\r\n", cancellationToken).ConfigureAwait(false);
        }

        head.BodyLength = head.Header("Transfer-Encoding") is { } encoding && encoding.Contains("chunked", StringComparison.OrdinalIgnoreCase)
            ? await ReadChunkedAsync(cancellationToken).ConfigureAwait(false)
            : await SkipAsync(long.Parse(head.Header("Content-Length") ?? "0", CultureInfo.InvariantCulture), cancellationToken).ConfigureAwait(false);
    }

    public ValueTask WriteAsync(string text, CancellationToken cancellationToken) => WriteAsync(Encoding.Latin1.GetBytes(text), cancellationToken);

    public ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken) => stream.WriteAsync(bytes, cancellationToken);

    public void Reset() => LoopbackListener.Reset(socket);

    /// <summary>Sends FIN and waits for the client to close: closing at once, with bytes unread, would send a reset instead.</summary>
    public async Task FinishAsync(CancellationToken cancellationToken)
    {
        socket.Shutdown(SocketShutdown.Send);
        await DrainAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Completes when the client has closed or reset the connection.</summary>
    public async Task DrainAsync(CancellationToken cancellationToken)
    {
        var discarded = new byte[16 * 1024];
        while (await socket.ReceiveAsync(discarded, cancellationToken).ConfigureAwait(false) > 0)
        {
        }
    }

    /// <summary>Completes when the client has sent a byte, which stays unread, or has left (false). A receive of no bytes would not do: it also completes for nothing now and then.</summary>
    public async Task<bool> ReceiveSomethingAsync(CancellationToken cancellationToken) =>
        await socket.ReceiveAsync(new byte[1], SocketFlags.Peek, cancellationToken).ConfigureAwait(false) > 0;

    /// <summary>Waits, and tells whether the client is still there afterwards.</summary>
    public async Task<bool> WaitAsync(TimeSpan time, CancellationToken cancellationToken)
    {
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var delay = Task.Delay(time, TimeProvider.System, enough.Token);
        var left = ClientLeavesAsync(enough.Token);
        var first = await Task.WhenAny(delay, left).ConfigureAwait(false);
        await enough.CancelAsync().ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
        return first == delay;
    }

    private async Task ClientLeavesAsync(CancellationToken cancellationToken)
    {
        try
        {
            if (await ReceiveSomethingAsync(cancellationToken).ConfigureAwait(false))
            {
                await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
        }
        catch (OperationCanceledException)
        {
        }
    }

    private async Task<long> ReadChunkedAsync(CancellationToken cancellationToken)
    {
        var total = 0L;
        while (true)
        {
            var size = long.Parse((await ReadLineAsync(cancellationToken).ConfigureAwait(false)).Split(';')[0], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            if (size == 0)
            {
                while ((await ReadLineAsync(cancellationToken).ConfigureAwait(false)).Length > 0)
                {
                }

                return total;
            }

            total += await SkipAsync(size, cancellationToken).ConfigureAwait(false);
            await ReadLineAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<string> ReadLineAsync(CancellationToken cancellationToken)
    {
        int length;
        while ((length = _buffer.AsSpan(_start, _end - _start).IndexOf("\r\n"u8)) < 0)
        {
            await FillOrThrowAsync(cancellationToken).ConfigureAwait(false);
        }

        var line = Encoding.Latin1.GetString(_buffer, _start, length);
        _start += length + 2;
        return line;
    }

    private async Task<long> SkipAsync(long count, CancellationToken cancellationToken)
    {
        for (var missing = count; missing > 0;)
        {
            if (_start == _end)
            {
                await FillOrThrowAsync(cancellationToken).ConfigureAwait(false);
            }

            var taken = (int)Math.Min(missing, _end - _start);
            _start += taken;
            missing -= taken;
        }

        return count;
    }

    private async Task FillOrThrowAsync(CancellationToken cancellationToken)
    {
        if (!await FillAsync(cancellationToken).ConfigureAwait(false))
        {
            throw new IOException("The client closed the connection in the middle of a request.");
        }
    }

    private async Task<bool> FillAsync(CancellationToken cancellationToken)
    {
        if (_start > 0)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            (_start, _end) = (0, _end - _start);
        }

        if (_end == _buffer.Length)
        {
            throw new IOException("A request's head is larger than the fault server takes.");
        }

        var read = await stream.ReadAsync(_buffer.AsMemory(_end), cancellationToken).ConfigureAwait(false);
        _end += read;
        return read > 0;
    }
}
