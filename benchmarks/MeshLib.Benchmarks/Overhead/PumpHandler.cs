using System.Net;
using System.Net.Http.Headers;

namespace MeshLib.Benchmarks;

/// <summary>
/// A primary handler that returns a pending task, which the driver completes on the same thread: every async method above really suspends, as it does
/// with a socket, and neither a scheduler nor a second thread is measured. A completed task would flatter whatever keeps its state machines on the stack.
/// </summary>
internal sealed class PumpHandler : HttpMessageHandler
{
    private static readonly byte[] Body = new byte[1024];
    private static readonly MediaTypeHeaderValue Json = new("application/json");

    private TaskCompletionSource<HttpResponseMessage>? _pending;
    private HttpRequestMessage? _request;

    /// <summary>Answers the request that is waiting, if one is.</summary>
    public bool TryComplete()
    {
        if (Interlocked.Exchange(ref _pending, null) is not { } pending)
        {
            return false;
        }

        var content = new ByteArrayContent(Body);
        content.Headers.ContentLength = Body.Length;
        content.Headers.ContentType = Json;
        pending.SetResult(new HttpResponseMessage(HttpStatusCode.OK) { Content = content, RequestMessage = _request });
        return true;
    }

    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var pending = new TaskCompletionSource<HttpResponseMessage>();
        _request = request;
        Volatile.Write(ref _pending, pending);
        return pending.Task;
    }
}
