namespace MeshLib;

/// <summary>
/// A response body that reports its end, and whose reads the call's limit can cut off. Writing goes through for upgraded connections.
/// </summary>
internal sealed class LeasedStream(Stream stream, HttpResponseMessage response, BodyLease lease) : Stream
{
    public override bool CanRead => stream.CanRead;

    public override bool CanSeek => false;

    public override bool CanWrite => stream.CanWrite;

    public override bool CanTimeout => stream.CanTimeout;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        // The wire knows one token, the limit's: a reader who cancels ends the body as a caller who cancels ends the call.
        using var registration = cancellationToken.UnsafeRegister(static limit => ((CallLimit)limit!).CancelByCaller(), lease.Limit);
        lease.ReadBegins();
        try
        {
            var read = await stream.ReadAsync(buffer, lease.Limit.Token).ConfigureAwait(false);
            Observe(read, buffer.Length);
            return read;
        }
        catch (Exception error)
        {
            throw Translate(error, cancellationToken);
        }
        finally
        {
            lease.ReadEnds();
        }
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(Span<byte> buffer)
    {
        // A synchronous read takes no token: the limit ends it by closing the stream under it.
        using var registration = lease.Limit.Token.UnsafeRegister(static inner => ((Stream)inner!).Dispose(), stream);
        lease.ReadBegins();
        try
        {
            var read = stream.Read(buffer);
            Observe(read, buffer.Length);
            return read;
        }
        catch (Exception error)
        {
            throw Translate(error, CancellationToken.None);
        }
        finally
        {
            lease.ReadEnds();
        }
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override void Write(byte[] buffer, int offset, int count) => stream.Write(buffer, offset, count);

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) => stream.WriteAsync(buffer, cancellationToken);

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => stream.WriteAsync(buffer, offset, count, cancellationToken);

    public override void Flush() => stream.Flush();

    public override Task FlushAsync(CancellationToken cancellationToken) => stream.FlushAsync(cancellationToken);

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override async ValueTask DisposeAsync()
    {
        await stream.DisposeAsync().ConfigureAwait(false);
        lease.End(null);
        await base.DisposeAsync().ConfigureAwait(false);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            stream.Dispose();
            lease.End(null);
        }

        base.Dispose(disposing);
    }

    private void Observe(int read, int asked)
    {
        if (read == 0 && asked > 0)
        {
            lease.EndWhole(response);
        }
    }

    private Exception Translate(Exception error, CancellationToken readToken)
    {
        var explained = lease.Explain(error, readToken);
        lease.End(lease.Limit.Cause switch
        {
            LimitCause.Caller => OutcomeReason.CallerCancelled,
            LimitCause.Deadline => OutcomeReason.DeadlineExceeded,
            LimitCause.ReadIdle => OutcomeReason.ReadIdleTimeout,
            _ => OutcomeReason.BodyBroken,
        });
        return explained;
    }
}
