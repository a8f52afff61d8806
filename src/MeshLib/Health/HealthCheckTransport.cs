using System.Net;

namespace MeshLib;

/// <summary>The wire of the mesh's own checks: connections beside those of the calls, so that neither waits for the other.</summary>
internal sealed class HealthCheckTransport(HttpMessageHandler handler, TimeProvider time) : IDisposable
{
    private const int MostRead = 4 * 1024;
    private const int MostHeaderKilobytes = 4;
    private const string UserAgent = "MeshLib-HealthCheck";

    private readonly HttpMessageInvoker _invoker = new(handler);

    /// <summary>The mesh's transport, with what a check must not do taken away: it follows no redirect, keeps no cookie, reads little, and has no span.</summary>
    public static SocketsHttpHandler CreateHandler()
    {
        var handler = MeshTransport.Create(new EffectivePolicy());
        handler.MaxResponseHeadersLength = MostHeaderKilobytes;
        handler.ActivityHeadersPropagator = null;
        return handler;
    }

    /// <summary>Whether the answer is a 2xx and comes within the time. A body is read as far as 4 KB, so that the connection of a short one serves again; that of a long one is closed.</summary>
    public async Task<bool> PassesAsync(MeshEndpoint endpoint, HealthCheckSettings settings, CancellationToken stop)
    {
        try
        {
            using var timeout = new CancellationTokenSource(settings.Timeout, time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, stop);
            using var request = new HttpRequestMessage(HttpMethod.Get, AddressOf(endpoint, settings)) { Version = HttpVersion.Version11, VersionPolicy = HttpVersionPolicy.RequestVersionOrHigher };
            request.Headers.Host = endpoint.HostName;
            request.Headers.TryAddWithoutValidation("User-Agent", UserAgent);
            using var response = await _invoker.SendAsync(request, either.Token).ConfigureAwait(false);
            await ReadAsync(response, either.Token).ConfigureAwait(false);
            return response.IsSuccessStatusCode;
        }
#pragma warning disable CA1031 // Whatever goes wrong is what the check is there to find.
        catch (Exception)
#pragma warning restore CA1031
        {
            return false;
        }
    }

    public void Dispose() => _invoker.Dispose();

    private static Uri AddressOf(MeshEndpoint endpoint, HealthCheckSettings settings)
    {
        var address = new Uri(endpoint.Prefix + settings.Path);
        return settings.Port == 0 ? address : new UriBuilder(address) { Port = settings.Port }.Uri;
    }

    private static async Task ReadAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var body = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        var buffer = new byte[MostRead];
        await body.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
    }
}
