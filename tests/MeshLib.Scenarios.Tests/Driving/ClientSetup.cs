using System.Net;
using Microsoft.Extensions.DependencyInjection;

namespace MeshLib.Scenarios.Tests;

/// <summary>What scenarios set on a mesh client as a user would.</summary>
internal static class ClientSetup
{
    /// <summary>HTTP/2 without TLS and without a downgrade.</summary>
    public static IHttpClientBuilder UseHttp2(this IHttpClientBuilder client) => client.ConfigureHttpClient(http =>
    {
        http.DefaultRequestVersion = HttpVersion.Version20;
        http.DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact;
    });

    /// <summary>Shows the primary handler that the mesh has set up.</summary>
    public static IHttpClientBuilder CapturePrimaryHandler(this IHttpClientBuilder client, Action<SocketsHttpHandler> capture) =>
        client.UseSocketsHttpHandler((handler, _) => capture(handler));

    /// <summary>Replaces the wire.</summary>
    public static IHttpClientBuilder UseTransport(this IHttpClientBuilder client, HttpMessageHandler transport) => client.ConfigurePrimaryHttpMessageHandler(() => transport);
}
