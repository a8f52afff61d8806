using System.Net;
using Microsoft.Extensions.ServiceDiscovery;

namespace MeshLib;

/// <summary>Where an endpoint is, by what configuration says: an address, or a host with or without a port, which no scheme is known of.</summary>
/// <param name="Scheme">Empty where it has none.</param>
/// <param name="Host">A name or an IP address.</param>
/// <param name="Port">The port; 0 where it has none.</param>
/// <param name="Path">Without the slash at its end.</param>
internal readonly record struct ConfiguredPlace(string Scheme, string Host, int Port, string Path)
{
    // Any that has no port of its own, which a host without one must not be given.
    private const string NoScheme = "none://";

    /// <summary>The place that a text in configuration means; <see langword="null"/> where it means none.</summary>
    public static ConfiguredPlace? Parse(string? text)
    {
        if (string.IsNullOrWhiteSpace(text))
        {
            return null;
        }

        var hasScheme = text.Contains("://", StringComparison.Ordinal);
        return !Uri.TryCreate(hasScheme ? text : NoScheme + text, UriKind.Absolute, out var uri) || uri.Host.Length == 0 ? null
            : hasScheme ? Of(uri)
            : new("", uri.DnsSafeHost, Math.Max(uri.Port, 0), "");
    }

    /// <summary>The place of an endpoint that a provider has made of such a text.</summary>
    public static ConfiguredPlace? Of(EndPoint endpoint) => endpoint switch
    {
        UriEndPoint { Uri: { IsAbsoluteUri: true } uri } => Of(uri),
        DnsEndPoint dns => new("", dns.Host, dns.Port, ""),
        IPEndPoint ip => new("", ip.Address.ToString(), ip.Port, ""),
        _ => null,
    };

    private static ConfiguredPlace Of(Uri uri) => new(uri.Scheme, uri.DnsSafeHost, uri.Port, uri.AbsolutePath.TrimEnd('/'));
}
