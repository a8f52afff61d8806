namespace MeshLib;

/// <summary>Makes mesh handlers for clients that HttpClientFactory does not build: <c>GrpcChannel</c>, YARP, the SDKs of others.</summary>
public interface IMeshHandlerFactory
{
    /// <summary>Puts the mesh above <paramref name="inner"/>. All state is the host's: handlers may be made and disposed at will.</summary>
    /// <param name="inner">The handler that sends, such as a <see cref="SocketsHttpHandler"/>; the returned handler owns it.</param>
    HttpMessageHandler CreateHandler(HttpMessageHandler inner);
}
