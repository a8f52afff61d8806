namespace MeshLib;

internal sealed class MeshHandlerFactory(MeshPipeline pipeline, MeshClients clients) : IMeshHandlerFactory
{
    public HttpMessageHandler CreateHandler(HttpMessageHandler inner)
    {
        ArgumentNullException.ThrowIfNull(inner);
        MeshTransport.LeaveBalancingToTheMesh(inner);
        return new MeshHandler(pipeline, clients.Get(""), DisplacedHandlers.None) { InnerHandler = inner };
    }
}
