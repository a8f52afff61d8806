namespace MeshLib;

/// <summary>
/// The one handler of the library. It owns no state: HttpClientFactory replaces handlers every two minutes, and whatever remembers is reachable from
/// <see cref="MeshServices"/>.
/// </summary>
internal sealed class MeshHandler : DelegatingHandler
{
    private readonly MeshPipeline _pipeline;
    private readonly HttpMessageInvoker? _displaced;

    /// <param name="pipeline">The order of a call.</param>
    /// <param name="client">The client whose handler this is.</param>
    /// <param name="displaced">Handlers that the mesh takes the place of, the outermost first: a request that passes through still goes through them. They become the handler's own.</param>
    public MeshHandler(MeshPipeline pipeline, MeshClient client, IReadOnlyList<DelegatingHandler> displaced)
    {
        _pipeline = pipeline;
        Client = client;
        if (displaced.Count > 0)
        {
            HttpMessageHandler next = new Inner(this);
            foreach (var handler in displaced.Reverse())
            {
                handler.InnerHandler = next;
                next = handler;
            }

            _displaced = new HttpMessageInvoker(next);
        }
    }

    public MeshClient Client { get; }

    public Task<HttpResponseMessage> SendInnerAsync(HttpRequestMessage request, CancellationToken cancellationToken) => base.SendAsync(request, cancellationToken);

    public HttpResponseMessage SendInner(HttpRequestMessage request, CancellationToken cancellationToken) => base.Send(request, cancellationToken);

    /// <summary>Sends on as if there were no mesh.</summary>
    public Task<HttpResponseMessage> PassAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
        _displaced?.SendAsync(request, cancellationToken) ?? SendInnerAsync(request, cancellationToken);

    /// <inheritdoc cref="PassAsync"/>
    public HttpResponseMessage Pass(HttpRequestMessage request, CancellationToken cancellationToken) =>
        _displaced?.Send(request, cancellationToken) ?? SendInner(request, cancellationToken);

    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
        _pipeline.Send(this, request, synchronous: false, cancellationToken);

    // The same path: the wire is called synchronously, and only what has to wait (a back-off, the first resolve, a queue) is waited for here.
    protected override HttpResponseMessage Send(HttpRequestMessage request, CancellationToken cancellationToken) =>
        _pipeline.Send(this, request, synchronous: true, cancellationToken).GetAwaiter().GetResult();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _displaced?.Dispose();
        }

        base.Dispose(disposing);
    }

    /// <summary>Where the displaced handlers end: below the mesh.</summary>
    private sealed class Inner(MeshHandler mesh) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) => mesh.SendInnerAsync(request, cancellationToken);

        protected override HttpResponseMessage Send(HttpRequestMessage request, CancellationToken cancellationToken) => mesh.SendInner(request, cancellationToken);
    }
}
