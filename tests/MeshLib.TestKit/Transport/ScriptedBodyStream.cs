namespace MeshLib.TestKit;

internal sealed class BodyStep
{
    public byte[]? Bytes { get; init; }

    public bool WaitsForRelease { get; init; }

    public TimeSpan Pause { get; init; }

    public TimeProvider? Time { get; init; }

    public Exception? Break { get; init; }
}

/// <summary>Plays the steps of a <see cref="ScriptedBody"/> to one reader.</summary>
internal sealed class ScriptedBodyStream(IReadOnlyList<BodyStep> steps, SemaphoreSlim releases, Action<int> onRead, Action onEnd, Action onDisposed) : Stream
{
    private int _step;
    private int _offset;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        // A read of nothing asks "is there something?" on real streams; here it must not consume a step.
        if (buffer.IsEmpty)
        {
            return 0;
        }

        for (; _step < steps.Count; _step++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var step = steps[_step];
            if (step.Break is { } exception)
            {
                throw exception;
            }

            if (step.WaitsForRelease)
            {
                await releases.WaitAsync(cancellationToken).ConfigureAwait(false);
            }
            else if (step.Time is { } time)
            {
                await Task.Delay(step.Pause, time, cancellationToken).ConfigureAwait(false);
            }
            else if (step.Bytes is { } bytes && _offset < bytes.Length)
            {
                var count = Math.Min(buffer.Length, bytes.Length - _offset);
                bytes.AsMemory(_offset, count).CopyTo(buffer);
                _offset += count;
                onRead(count);
                return count;
            }

            _offset = 0;
        }

        onEnd();
        return 0;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => ReadAsync(buffer.AsMemory(offset, count)).AsTask().GetAwaiter().GetResult();

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            onDisposed();
        }

        base.Dispose(disposing);
    }
}
