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
    /// <param name="displaced">Handlers that the mesh takes the place of: a request that it does not govern still goes through them. They become the handler's own.</param>
    public MeshHandler(MeshPipeline pipeline, MeshClient client, DisplacedHandlers displaced)
    {
        _pipeline = pipeline;
        Client = client;
        HasResilience = displaced.Resilience.Count > 0;
        var inner = new Inner(this);
        if (HasResilience)
        {
            var below = new MeshHandler(pipeline, client, displaced with { Resilience = [] }) { InnerHandler = inner };
            _displaced = Chain(displaced.Resilience, new Fork(pipeline, below));
        }
        else if (displaced.Resolving.Count > 0)
        {
            _displaced = Chain(displaced.Resolving, inner);
        }
    }

    public MeshClient Client { get; }

    /// <summary>Whether there are displaced resilience handlers, below which ungoverned calls enter the mesh.</summary>
    public bool HasResilience { get; }

    public Task<HttpResponseMessage> SendInnerAsync(HttpRequestMessage request, CancellationToken cancellationToken) => base.SendAsync(request, cancellationToken);

    public HttpResponseMessage SendInner(HttpRequestMessage request, CancellationToken cancellationToken) => base.Send(request, cancellationToken);

    /// <summary>Sends on as if there were no mesh.</summary>
    public Task<HttpResponseMessage> PassAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
        Displaced(request)?.SendAsync(request, cancellationToken) ?? SendInnerAsync(request, cancellationToken);

    /// <inheritdoc cref="PassAsync"/>
    public HttpResponseMessage Pass(HttpRequestMessage request, CancellationToken cancellationToken) =>
        Displaced(request)?.Send(request, cancellationToken) ?? SendInner(request, cancellationToken);

    /// <summary>Sends a call through the displaced resilience handlers, below which each of their attempts enters the mesh.</summary>
    public Task<HttpResponseMessage> EnterBelowAsync(MeshEntry entry, HttpRequestMessage request, CancellationToken cancellationToken)
    {
        request.Options.Set(MeshRequestOptions.Entry, entry);
        return _displaced!.SendAsync(request, cancellationToken);
    }

    /// <inheritdoc cref="EnterBelowAsync"/>
    public HttpResponseMessage EnterBelow(MeshEntry entry, HttpRequestMessage request, CancellationToken cancellationToken)
    {
        request.Options.Set(MeshRequestOptions.Entry, entry);
        return _displaced!.Send(request, cancellationToken);
    }

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

    private static HttpMessageInvoker Chain(IReadOnlyList<DelegatingHandler> handlers, HttpMessageHandler end)
    {
        foreach (var handler in handlers.Reverse())
        {
            handler.InnerHandler = end;
            end = handler;
        }

        return new(end);
    }

    // The request may bear the entry of an earlier call: it, or a copy that a response has brought, is sent again.
    private HttpMessageInvoker? Displaced(HttpRequestMessage request)
    {
        if (HasResilience)
        {
            ((IDictionary<string, object?>)request.Options).Remove(MeshRequestOptions.Entry.Key);
        }

        return _displaced;
    }

    /// <summary>Where the displaced resilience handlers end: calls enter the mesh, all else goes on through the resolving handlers.</summary>
    private sealed class Fork(MeshPipeline pipeline, MeshHandler below) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            request.Options.TryGetValue(MeshRequestOptions.Entry, out var entry)
                ? pipeline.Enter(entry, below, request, synchronous: false, cancellationToken)
                : below.PassAsync(request, cancellationToken);

        protected override HttpResponseMessage Send(HttpRequestMessage request, CancellationToken cancellationToken) =>
            request.Options.TryGetValue(MeshRequestOptions.Entry, out var entry)
                ? pipeline.Enter(entry, below, request, synchronous: true, cancellationToken).GetAwaiter().GetResult()
                : below.Pass(request, cancellationToken);

        protected override void Dispose(bool disposing)
        {
            if (disposing)
            {
                below.Dispose();
            }

            base.Dispose(disposing);
        }
    }

    /// <summary>Where what the mesh has displaced ends: below the mesh.</summary>
    private sealed class Inner(MeshHandler mesh) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) => mesh.SendInnerAsync(request, cancellationToken);

        protected override HttpResponseMessage Send(HttpRequestMessage request, CancellationToken cancellationToken) => mesh.SendInner(request, cancellationToken);
    }
}
