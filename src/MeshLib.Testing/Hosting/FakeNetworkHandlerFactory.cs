namespace MeshLib.Testing;

/// <summary>Puts the fake network below the mesh handlers that are made outside of HttpClientFactory.</summary>
internal sealed class FakeNetworkHandlerFactory(MeshPipeline pipeline, MeshClients clients, FakeNetwork network) : IMeshHandlerFactory
{
    private readonly MeshHandlerFactory _mesh = new(pipeline, clients);

    public HttpMessageHandler CreateHandler(HttpMessageHandler inner)
    {
        ArgumentNullException.ThrowIfNull(inner);
        return _mesh.CreateHandler(new FakeNetworkHandler(network, inner));
    }
}
