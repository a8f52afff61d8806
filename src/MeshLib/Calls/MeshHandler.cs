namespace MeshLib;

/// <summary>
/// The one handler of the library. It owns no state: HttpClientFactory replaces handlers every two minutes, and whatever remembers is reachable from
/// <see cref="MeshServices"/>.
/// </summary>
internal sealed class MeshHandler(MeshPipeline pipeline, MeshClient client) : DelegatingHandler
{
    public MeshClient Client => client;

    public Task<HttpResponseMessage> SendInnerAsync(HttpRequestMessage request, CancellationToken cancellationToken) => base.SendAsync(request, cancellationToken);

    public HttpResponseMessage SendInner(HttpRequestMessage request, CancellationToken cancellationToken) => base.Send(request, cancellationToken);

    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
        pipeline.Send(this, request, synchronous: false, cancellationToken);

    // The same path: the wire is called synchronously, and only what has to wait (a back-off, the first resolve, a queue) is waited for here.
    protected override HttpResponseMessage Send(HttpRequestMessage request, CancellationToken cancellationToken) =>
        pipeline.Send(this, request, synchronous: true, cancellationToken).GetAwaiter().GetResult();
}
