namespace MeshLib;

/// <summary>
/// <see cref="HttpClient.Timeout"/>, which the mesh has lifted from its clients, for requests that no policy of the mesh limits: those that pass through, and all of them
/// in the modes that change no outcome. It ends them as <see cref="HttpClient"/> would have.
/// </summary>
internal sealed class ClientTimeout(TimeProvider time)
{
    public async Task<HttpResponseMessage> RunAsync(MeshClient client, Func<CancellationToken, Task<HttpResponseMessage>> send, CancellationToken cancellationToken)
    {
        var timeout = client.OwnTimeout;
        using var expired = new CancellationTokenSource(timeout, time);
        using var limited = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, expired.Token);
        try
        {
            return await send(limited.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException cancelled) when (limited.IsCancellationRequested)
        {
            throw cancellationToken.IsCancellationRequested
                ? new TaskCanceledException(cancelled.Message, cancelled, cancellationToken)
                : new TaskCanceledException($"The request ran over HttpClient.Timeout, {timeout}.", new TimeoutException(cancelled.Message, cancelled), CancellationToken.None);
        }
    }
}
