namespace MeshLib.Tests.Placement;

/// <summary>A handler of the user's: counts what passes, and may stamp it as an authentication handler does.</summary>
internal sealed class CountingHandler(Action<HttpRequestMessage> onRequest) : DelegatingHandler
{
    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        onRequest(request);
        return base.SendAsync(request, cancellationToken);
    }
}
