using System.Net;
using Microsoft.Extensions.ServiceDiscovery;

namespace MeshLib;

/// <summary>An endpoint as a provider gave it, with everything that a request needs to reach it.</summary>
internal sealed record DiscoveredEndpoint(Uri Address, EndpointMetadata Metadata, string? HostName)
{
    /// <summary>
    /// What stands before a request's path and query on its way there, and what tells addresses apart. Taken from the address in a way that leaves nothing behind in it: an address that was compared or asked for
    /// its text is three times as large. Where the address was given in that very form it is the same text, which of thousands of endpoints need not be kept twice.
    /// </summary>
    public string Prefix { get; } = PrefixOf(Address);

    /// <summary>
    /// A bare host or address takes the query's first scheme and keeps the logical port where it has none of its own, as in Microsoft's discovery.
    /// <see langword="null"/> when no HTTP address can be made of it.
    /// </summary>
    public static DiscoveredEndpoint? From(ServiceEndpoint endpoint, string scheme, int logicalPort)
    {
        if (AddressOf(endpoint.EndPoint, scheme, logicalPort) is not { } address)
        {
            return null;
        }

        return new(address, endpoint.Features.Get<EndpointMetadata>() ?? EndpointMetadata.None, endpoint.Features.Get<IHostNameFeature>()?.HostName);
    }

    /// <summary>An endpoint for a log: without the credentials that may be the reason why it is refused.</summary>
    public static string Describe(ServiceEndpoint endpoint) => endpoint.EndPoint switch
    {
        UriEndPoint { Uri: { IsAbsoluteUri: true } uri } => uri.GetComponents(UriComponents.SchemeAndServer, UriFormat.UriEscaped),
        var other => other.ToString() ?? "",
    };

    private static string PrefixOf(Uri address)
    {
        var prefix = address.GetComponents(UriComponents.SchemeAndServer | UriComponents.Path, UriFormat.UriEscaped).TrimEnd('/');
        return prefix == address.OriginalString ? address.OriginalString : prefix;
    }

    private static Uri? AddressOf(EndPoint endPoint, string scheme, int logicalPort) => endPoint switch
    {
        UriEndPoint { Uri: { IsAbsoluteUri: true } uri } when IsHttp(uri) => uri.IsDefaultPort && logicalPort > 0 ? new UriBuilder(uri) { Port = logicalPort }.Uri : uri,
        DnsEndPoint dns => Build(scheme, dns.Host, dns.Port, logicalPort),
        IPEndPoint ip => Build(scheme, ip.Address.ToString(), ip.Port, logicalPort),
        _ => null,
    };

    private static Uri? Build(string scheme, string host, int port, int logicalPort)
    {
        var authority = host.Contains(':', StringComparison.Ordinal) ? $"[{host}]" : host;
        var effective = port > 0 ? port : logicalPort;
        var text = effective > 0 ? FormattableString.Invariant($"{scheme}://{authority}:{effective}") : $"{scheme}://{authority}";
        return Uri.TryCreate(text, UriKind.Absolute, out var uri) && IsHttp(uri) ? uri : null;
    }

    // An address with credentials in it comes from a confused or hostile registry: it never becomes part of a request.
    private static bool IsHttp(Uri uri) => uri.Scheme is "http" or "https" && uri.UserInfo.Length == 0;
}
