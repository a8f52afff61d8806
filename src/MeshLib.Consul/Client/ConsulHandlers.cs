using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;

namespace MeshLib.Consul;

/// <summary>Builds the connections to the agent. They are Consul's alone: no factory, proxy, redirect, cookie or trace header touches them.</summary>
internal static class ConsulHandlers
{
    // An agent accepts 200 connections from one client address; short calls get few, so that watches (Mesh:Consul:MaxWatches) and they fit together.
    private const int ShortCallConnections = 8;

    // Nothing is sent while a query blocks for a change, so only probes tell a host that has vanished from one where nothing happens. Eight seconds find it.
    private const int ProbeAfterSeconds = 5;
    private const int ProbeEverySeconds = 1;
    private const int ProbesUnanswered = 3;

    /// <param name="address">Where the agent is.</param>
    /// <param name="options">TLS and limits.</param>
    /// <param name="forWatches">Whether the connections carry blocking queries, which must never make a heartbeat wait for a connection.</param>
    public static SocketsHttpHandler Create(ConsulAddress address, ConsulOptions options, bool forWatches)
    {
        var handler = new SocketsHttpHandler
        {
            UseProxy = false,
            AllowAutoRedirect = false,
            UseCookies = false,
            AutomaticDecompression = DecompressionMethods.None,
            ConnectTimeout = TimeSpan.FromSeconds(2),

            // Newer servers close idle connections after 120 s; staying below avoids sending into a connection that is being closed.
            PooledConnectionIdleTimeout = TimeSpan.FromSeconds(75),
            MaxConnectionsPerServer = forWatches ? options.MaxWatches : ShortCallConnections,
            MaxResponseHeadersLength = 32,

            // An answer that is given up is cut, not read to its end: it may be endless.
            MaxResponseDrainSize = 0,

            // Polling all day would fill any trace with spans that nobody asked for.
            ActivityHeadersPropagator = null,
            ConnectCallback = address.SocketPath is { } path
                ? (_, cancellationToken) => ConnectAsync(new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified), new UnixDomainSocketEndPoint(path), cancellationToken)
                : static (context, cancellationToken) => ConnectAsync(CreateProbedSocket(), context.DnsEndPoint, cancellationToken),
        };

        if (address.Base.Scheme == Uri.UriSchemeHttps)
        {
            handler.SslOptions = CreateTls(options.Tls);
        }

        return handler;
    }

    private static Socket CreateProbedSocket()
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, ProbeAfterSeconds);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, ProbeEverySeconds);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, ProbesUnanswered);
        return socket;
    }

    private static async ValueTask<Stream> ConnectAsync(Socket socket, EndPoint endPoint, CancellationToken cancellationToken)
    {
        try
        {
            await socket.ConnectAsync(endPoint, cancellationToken).ConfigureAwait(false);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static SslClientAuthenticationOptions CreateTls(ConsulTlsOptions options)
    {
        var tls = new SslClientAuthenticationOptions();
        if (options.Verify == false)
        {
            // Asked for by name in the options, and logged as a warning at the start.
#pragma warning disable CA5359 // Do not disable certificate validation
            tls.RemoteCertificateValidationCallback = (_, _, _, _) => true;
#pragma warning restore CA5359
        }
        else if (LoadAuthorities(options) is { Count: > 0 } authorities)
        {
            tls.CertificateChainPolicy = new X509ChainPolicy
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                RevocationMode = X509RevocationMode.NoCheck,
                DisableCertificateDownloads = true,
            };
            tls.CertificateChainPolicy.CustomTrustStore.AddRange(authorities);
        }

        if (!string.IsNullOrEmpty(options.ClientCertificate))
        {
            var certificate = X509Certificate2.CreateFromPemFile(options.ClientCertificate, string.IsNullOrEmpty(options.ClientKey) ? null : options.ClientKey);
            var chain = new X509Certificate2Collection();
            chain.ImportFromPemFile(options.ClientCertificate);
            tls.ClientCertificateContext = SslStreamCertificateContext.Create(certificate, chain, offline: true);
        }

        return tls;
    }

    private static X509Certificate2Collection LoadAuthorities(ConsulTlsOptions options)
    {
        var authorities = new X509Certificate2Collection();
        if (!string.IsNullOrEmpty(options.CaFile))
        {
            authorities.ImportFromPemFile(options.CaFile);
        }
        else if (!string.IsNullOrEmpty(options.CaPath))
        {
            foreach (var file in Directory.EnumerateFiles(options.CaPath, "*.pem").Order(StringComparer.Ordinal))
            {
                authorities.ImportFromPemFile(file);
            }
        }

        return authorities;
    }
}
