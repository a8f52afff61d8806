using System.Net;
using System.Text;

namespace MeshLib.TestKit;

/// <summary>
/// A response body made of steps: bytes, waits for the test, pauses on a clock, a break. It tells whether it was read to its end and disposed.
/// </summary>
public sealed class ScriptedBody : HttpContent
{
    private readonly List<BodyStep> _steps = [];
    private readonly SemaphoreSlim _releases = new(0);
    private readonly TaskCompletionSource _disposed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _lengthKnown = true;
    private long? _claimedLength;
    private int _readToEnd;
    private long _bytesRead;

    /// <summary>Whether the content, or a stream over it, was disposed.</summary>
    public bool IsDisposed => _disposed.Task.IsCompleted;

    /// <summary>Completes on disposal.</summary>
    public Task Disposed => _disposed.Task;

    /// <summary>Whether the reader has seen the end.</summary>
    public bool IsReadToEnd => Volatile.Read(ref _readToEnd) != 0;

    /// <summary>The bytes that the reader has got.</summary>
    public long BytesRead => Volatile.Read(ref _bytesRead);

    /// <summary>A body of a known length.</summary>
    public static ScriptedBody Of(string text) => new ScriptedBody().Then(text);

    /// <inheritdoc cref="Of(string)"/>
    public static ScriptedBody Of(byte[] bytes) => new ScriptedBody().Then(bytes);

    /// <summary>A body without bytes, to be extended by the Then… methods.</summary>
    public static ScriptedBody Empty() => new();

    /// <summary>More bytes.</summary>
    public ScriptedBody Then(string text) => Then(Encoding.UTF8.GetBytes(text));

    /// <inheritdoc cref="Then(string)"/>
    public ScriptedBody Then(byte[] bytes) => Add(new BodyStep { Bytes = bytes });

    /// <summary>Stalls until <see cref="Release"/> is called once.</summary>
    public ScriptedBody ThenStall() => Add(new BodyStep { WaitsForRelease = true });

    /// <summary>Waits on <paramref name="time"/>: a dribble is bytes and pauses in turn.</summary>
    public ScriptedBody ThenPause(TimeSpan pause, TimeProvider time) => Add(new BodyStep { Pause = pause, Time = time });

    /// <summary>Breaks off with <paramref name="exception"/>, a reset when left out.</summary>
    public ScriptedBody ThenBreak(Exception? exception = null) => Add(new BodyStep { Break = exception ?? TransportErrors.BodyReset() });

    /// <summary>Hides the length, as a chunked answer does.</summary>
    public ScriptedBody WithoutLength()
    {
        _lengthKnown = false;
        return this;
    }

    /// <summary>Claims a length other than the true one.</summary>
    public ScriptedBody ClaimingLength(long length)
    {
        _claimedLength = length;
        return this;
    }

    /// <summary>Lets the next (or the present) stall end.</summary>
    public void Release() => _releases.Release();

    /// <inheritdoc/>
    protected override bool TryComputeLength(out long length)
    {
        length = _claimedLength ?? _steps.Sum(step => (long)(step.Bytes?.Length ?? 0));
        return _lengthKnown;
    }

    /// <inheritdoc/>
    protected override Task<Stream> CreateContentReadStreamAsync() => Task.FromResult<Stream>(NewStream());

    /// <inheritdoc/>
    protected override Stream CreateContentReadStream(CancellationToken cancellationToken) => NewStream();

    /// <inheritdoc/>
    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, CancellationToken.None);

    /// <inheritdoc/>
    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        await using var source = NewStream();
        await source.CopyToAsync(stream, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _disposed.TrySetResult();
        }

        base.Dispose(disposing);
    }

    private ScriptedBodyStream NewStream() =>
        new(_steps, _releases, read => Interlocked.Add(ref _bytesRead, read), () => Interlocked.Exchange(ref _readToEnd, 1), () => _disposed.TrySetResult());

    private ScriptedBody Add(BodyStep step)
    {
        _steps.Add(step);
        return this;
    }
}
