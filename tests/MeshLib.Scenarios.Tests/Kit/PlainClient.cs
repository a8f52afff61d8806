using System.Net;
using System.Net.Security;

namespace MeshLib.Scenarios.Tests.Kit;

/// <summary>An HttpClient with nothing of the mesh, to see how faults look to SocketsHttpHandler itself.</summary>
internal static class PlainClient
{
    public static HttpClient New(Uri address, TimeSpan? timeout = null, Action<SocketsHttpHandler>? configure = null)
    {
        var handler = new SocketsHttpHandler { UseProxy = false };
        configure?.Invoke(handler);
        return new HttpClient(handler) { BaseAddress = address, Timeout = timeout ?? HangLimit.Default };
    }

    public static HttpClient NewHttp2(Uri address, TimeSpan? timeout = null)
    {
        var client = New(address, timeout);
        client.DefaultRequestVersion = HttpVersion.Version20;
        client.DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact;
        return client;
    }

    public static HttpClient NewTls(Uri address, TestCertificates trusted) =>
        New(address, configure: handler => handler.SslOptions = new SslClientAuthenticationOptions { CertificateChainPolicy = trusted.TrustOnlyThis() });

    /// <summary>The error by which a GET fails, or null when it succeeds.</summary>
    public static async Task<HttpRequestError?> ErrorOfGetAsync(this HttpClient client)
    {
        try
        {
            await client.GetStringAsync("/");
            return null;
        }
        catch (HttpIOException exception)
        {
            return exception.HttpRequestError;
        }
        catch (HttpRequestException exception)
        {
            return exception.InnerException is HttpIOException inner ? inner.HttpRequestError : exception.HttpRequestError;
        }
    }
}
