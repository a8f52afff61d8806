namespace MeshLib.Consul;

/// <summary>
/// Reads at most a given number of bytes of an answer, so that an endless or huge body is given up at the limit and not when memory is. A text
/// that begins with a byte order mark is refused too: Consul sends none, so something else has answered.
/// </summary>
internal sealed class BoundedStream(Stream inner, long limit) : Stream
{
    private const byte FirstByteOfUtf8Mark = 0xEF;
    private long _read;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => _read;
        set => throw new NotSupportedException();
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var count = await inner.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
        Check(buffer.Span[..count]);
        return count;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count)
    {
        var read = inner.Read(buffer, offset, count);
        Check(buffer.AsSpan(offset, read));
        return read;
    }

    public override void Flush() => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    private void Check(ReadOnlySpan<byte> bytes)
    {
        if (_read == 0 && bytes is [FirstByteOfUtf8Mark, ..])
        {
            throw new ConsulException(ConsulFailure.InvalidAnswer, "The answer of Consul begins with a byte order mark.");
        }

        _read += bytes.Length;
        if (_read > limit)
        {
            throw new ConsulException(ConsulFailure.TooLarge, $"The answer of Consul is larger than the limit of {limit} bytes (Mesh:Consul:MaxResponseBytes).");
        }
    }
}
