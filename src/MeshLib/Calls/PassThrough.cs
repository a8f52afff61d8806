namespace MeshLib;

/// <summary>Sends on what is none of the mesh's business: no policy, no header, no wrapping.</summary>
internal static class PassThrough
{
    public static Task<HttpResponseMessage> SendAsync(MeshHandler handler, HttpRequestMessage request, bool synchronous, CancellationToken cancellationToken)
    {
        // The mesh has lifted its clients' HttpClient.Timeout; what it does not handle keeps it. A request inside the mesh has its limits already.
        var timeout = handler.Client.PassThroughTimeout;
        if (timeout != Timeout.InfiniteTimeSpan && request.RequestUri is not MeshUri)
        {
            return SendWithinAsync(timeout, handler, request, synchronous, cancellationToken);
        }

        return synchronous ? Task.FromResult(handler.SendInner(request, cancellationToken)) : handler.SendInnerAsync(request, cancellationToken);
    }

    private static async Task<HttpResponseMessage> SendWithinAsync(
        TimeSpan timeout, MeshHandler handler, HttpRequestMessage request, bool synchronous, CancellationToken cancellationToken)
    {
        using var limited = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limited.CancelAfter(timeout);
        try
        {
            return synchronous ? handler.SendInner(request, limited.Token) : await handler.SendInnerAsync(request, limited.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException cancelled) when (limited.IsCancellationRequested)
        {
            throw cancellationToken.IsCancellationRequested
                ? new TaskCanceledException(cancelled.Message, cancelled, cancellationToken)
                : new TaskCanceledException($"The request ran over HttpClient.Timeout, {timeout}.", new TimeoutException(cancelled.Message, cancelled), CancellationToken.None);
        }
    }
}
