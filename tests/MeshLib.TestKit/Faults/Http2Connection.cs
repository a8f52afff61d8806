using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;

namespace MeshLib.TestKit;

/// <summary>The server's side of one HTTP/2 connection with prior knowledge, down to its frames. Reading is one flow's; writing is anybody's.</summary>
internal sealed class Http2Connection(Socket socket, Stream stream) : IDisposable
{
    private const int FrameHeadLength = 9;

    private static readonly byte[] s_preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8.ToArray();

    private readonly SemaphoreSlim _writing = new(1, 1);
    private readonly byte[] _head = new byte[FrameHeadLength];

    public void Reset() => LoopbackListener.Reset(socket);

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var preface = new byte[s_preface.Length];
        await stream.ReadExactlyAsync(preface, cancellationToken).ConfigureAwait(false);
        if (!preface.AsSpan().SequenceEqual(s_preface))
        {
            throw new IOException("The client does not speak HTTP/2 with prior knowledge.");
        }

        await WriteAsync(Http2FrameType.Settings, 0, 0, default, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The next frame, or null when the client has closed the connection.</summary>
    public async Task<Http2Frame?> ReadAsync(CancellationToken cancellationToken)
    {
        if (await stream.ReadAtLeastAsync(_head, FrameHeadLength, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false) < FrameHeadLength)
        {
            return null;
        }

        var payload = new byte[(_head[0] << 16) | (_head[1] << 8) | _head[2]];
        var frame = new Http2Frame((Http2FrameType)_head[3], _head[4], BinaryPrimitives.ReadInt32BigEndian(_head.AsSpan(5)) & int.MaxValue, payload);
        await stream.ReadExactlyAsync(payload, cancellationToken).ConfigureAwait(false);
        return frame;
    }

    public async Task WriteAsync(Http2FrameType type, byte flags, int streamId, ReadOnlyMemory<byte> payload, CancellationToken cancellationToken)
    {
        var frame = new byte[FrameHeadLength + payload.Length];
        (frame[0], frame[1], frame[2]) = ((byte)(payload.Length >> 16), (byte)(payload.Length >> 8), (byte)payload.Length);
        (frame[3], frame[4]) = ((byte)type, flags);
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(5), streamId);
        payload.CopyTo(frame.AsMemory(FrameHeadLength));
        await _writing.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await stream.WriteAsync(frame, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _writing.Release();
        }
    }

    public async Task RespondAsync(int streamId, int status, string body, CancellationToken cancellationToken)
    {
        // HPACK, RFC 7541 section 6.2.2: a literal without indexing whose name is entry 8 of the static table, ":status".
        byte[] block = [0x08, 0x03, .. Encoding.ASCII.GetBytes(status.ToString(System.Globalization.CultureInfo.InvariantCulture))];
        await WriteAsync(Http2FrameType.Headers, Http2Frame.EndHeaders, streamId, block, cancellationToken).ConfigureAwait(false);
        await WriteAsync(Http2FrameType.Data, Http2Frame.EndStream, streamId, Encoding.UTF8.GetBytes(body), cancellationToken).ConfigureAwait(false);
    }

    public Task GoAwayAsync(int lastStream, int errorCode, CancellationToken cancellationToken)
    {
        var payload = new byte[8];
        BinaryPrimitives.WriteInt32BigEndian(payload, lastStream);
        BinaryPrimitives.WriteInt32BigEndian(payload.AsSpan(4), errorCode);
        return WriteAsync(Http2FrameType.GoAway, 0, 0, payload, cancellationToken);
    }

    public Task ResetStreamAsync(int streamId, int errorCode, CancellationToken cancellationToken)
    {
        var payload = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(payload, errorCode);
        return WriteAsync(Http2FrameType.ResetStream, 0, streamId, payload, cancellationToken);
    }

    /// <summary>Gives back the window that received data took, so that uploads do not stall.</summary>
    public async Task ReturnWindowAsync(int streamId, int bytes, CancellationToken cancellationToken)
    {
        var payload = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(payload, bytes);
        await WriteAsync(Http2FrameType.WindowUpdate, 0, 0, payload, cancellationToken).ConfigureAwait(false);
        await WriteAsync(Http2FrameType.WindowUpdate, 0, streamId, payload, cancellationToken).ConfigureAwait(false);
    }

    public void Dispose() => _writing.Dispose();
}
