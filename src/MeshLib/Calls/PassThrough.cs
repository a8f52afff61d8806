namespace MeshLib;

/// <summary>Sends on what is none of the mesh's business: no policy, no header, no wrapping, and through the handlers that the mesh otherwise takes the place of.</summary>
internal sealed class PassThrough(ClientTimeout timeout)
{
    public Task<HttpResponseMessage> SendAsync(MeshHandler handler, HttpRequestMessage request, bool synchronous, CancellationToken cancellationToken)
    {
        // A request inside the mesh has its limits, its headers and its report already.
        if (request.RequestUri is MeshUri)
        {
            return synchronous ? Task.FromResult(handler.SendInner(request, cancellationToken)) : handler.SendInnerAsync(request, cancellationToken);
        }

        RequestDispatch.Forget(request);
        return handler.Client.OwnTimeout == Timeout.InfiniteTimeSpan
            ? ForwardAsync(handler, request, synchronous, cancellationToken)
            : ForwardLimitedAsync(handler, request, synchronous, cancellationToken);
    }

    private Task<HttpResponseMessage> ForwardLimitedAsync(MeshHandler handler, HttpRequestMessage request, bool synchronous, CancellationToken cancellationToken) =>
        timeout.RunAsync(handler.Client, token => ForwardAsync(handler, request, synchronous, token), cancellationToken);

    private static Task<HttpResponseMessage> ForwardAsync(MeshHandler handler, HttpRequestMessage request, bool synchronous, CancellationToken cancellationToken) =>
        synchronous ? Task.FromResult(handler.Pass(request, cancellationToken)) : handler.PassAsync(request, cancellationToken);
}
