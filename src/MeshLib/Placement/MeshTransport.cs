using System.Diagnostics;

namespace MeshLib;

/// <summary>The primary handler of mesh clients.</summary>
internal static class MeshTransport
{
    // Below the usual server's keep-alive of two minutes, so that a pooled connection is rarely closed under a request; and with the quarter of it that the stock
    // handler takes to notice, below the minute after which nothing is connected any more to an endpoint that has left.
    private static readonly TimeSpan IdleTimeout = TimeSpan.FromSeconds(45);

    // Names behind an address are looked up again at this pace.
    private static readonly TimeSpan ConnectionLifetime = TimeSpan.FromMinutes(5);

    // Together below the 30 s in which a stalled HTTP/2 connection has to be found.
    private static readonly TimeSpan PingDelay = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan PingTimeout = TimeSpan.FromSeconds(5);

    // Small bodies are read inside the attempt, so what is left of a body is large, or late: to wait for the rest keeps a connection less than it delays a cut. And a
    // synchronous read that is cut off would compete for the bytes with whoever drains them, and leave the connection to the next call in pieces.
    private static readonly TimeSpan DrainTimeout = TimeSpan.Zero;

    /// <summary>
    /// The stock handler with what a mesh needs: a redirect would leave balancing and policy, an ambient proxy would stand between the mesh and its endpoints, and
    /// cookies would be shared by unrelated callers. A declared external host keeps the factory's ways.
    /// </summary>
    public static SocketsHttpHandler Create(EffectivePolicy policy)
    {
        var handler = new SocketsHttpHandler
        {
            ConnectTimeout = policy.ConnectTimeout,
            PooledConnectionLifetime = ConnectionLifetime,
            PooledConnectionIdleTimeout = IdleTimeout,
            ResponseDrainTimeout = DrainTimeout,
            KeepAlivePingDelay = PingDelay,
            KeepAlivePingTimeout = PingTimeout,
            KeepAlivePingPolicy = HttpKeepAlivePingPolicy.WithActiveRequests,
            EnableMultipleHttp2Connections = true,
        };
        if (policy.External)
        {
            handler.ActivityHeadersPropagator = new ForeignContext(DistributedContextPropagator.Current);
        }
        else
        {
            handler.AllowAutoRedirect = false;
            handler.UseProxy = false;
            handler.UseCookies = false;
        }

        return handler;
    }

    /// <summary>grpc-dotnet connects its own subchannels unless it is told that somebody else chooses the address.</summary>
    public static void LeaveBalancingToTheMesh(HttpMessageHandler handler)
    {
        while (handler is DelegatingHandler { InnerHandler: { } inner })
        {
            handler = inner;
        }

        if (handler is SocketsHttpHandler sockets)
        {
            sockets.Properties["__GrpcLoadBalancingDisabled"] = true;
        }
    }
}
