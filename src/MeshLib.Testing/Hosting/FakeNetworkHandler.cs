namespace MeshLib.Testing;

/// <summary>The wire of a host under test: it leads to the test's instances, and nowhere else.</summary>
/// <param name="network">What can be reached.</param>
/// <param name="own">The primary handler that the client would have. A stub of the test's keeps what is not routed; one that connects serves this machine only, where a test may have a server.</param>
/// <remarks>
/// What connects is what the framework makes, <see cref="SocketsHttpHandler"/> and <see cref="HttpClientHandler"/>, by itself or below delegating handlers. A class that derives from <see cref="HttpClientHandler"/> is
/// a stub. A delegating handler that answers by itself, and has one of them below, is not recognised as a stub: give it no inner handler, or a stub.
/// </remarks>
internal sealed class FakeNetworkHandler(FakeNetwork network, HttpMessageHandler own) : DelegatingHandler(own)
{
    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var address = request.RequestUri!;
        return network.TryFind(address.Host, out var instance) ? network.SendAsync(instance, request, cancellationToken)
            : address.IsLoopback || !Connects(InnerHandler) ? base.SendAsync(request, cancellationToken)
            : Task.FromException<HttpResponseMessage>(network.NotRouted(address.Host));
    }

    protected override HttpResponseMessage Send(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var address = request.RequestUri!;
        return network.TryFind(address.Host, out var instance) ? network.SendAsync(instance, request, cancellationToken).GetAwaiter().GetResult()
            : address.IsLoopback || !Connects(InnerHandler) ? base.Send(request, cancellationToken)
            : throw network.NotRouted(address.Host);
    }

    private static bool Connects(HttpMessageHandler? handler) => handler switch
    {
        DelegatingHandler delegating => Connects(delegating.InnerHandler),
        SocketsHttpHandler => true,
        _ => handler?.GetType() == typeof(HttpClientHandler),
    };
}
