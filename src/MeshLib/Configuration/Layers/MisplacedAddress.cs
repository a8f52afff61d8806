using System.Net;
using Microsoft.Extensions.Configuration;

namespace MeshLib;

/// <summary>
/// Recognises addresses written under <c>Mesh:Services:{name}</c>. They belong under <c>Services:{name}</c>, the section of Microsoft.Extensions.ServiceDiscovery,
/// and the two are easily mistaken for one another.
/// </summary>
internal static class MisplacedAddress
{
    /// <summary>A sentence for each address in <paramref name="section"/>, itself included.</summary>
    public static IEnumerable<string> In(IConfigurationSection section) =>
        from entry in section.AsEnumerable()
        where IsAddress(entry.Value)
        let scheme = entry.Value!.StartsWith("https:", StringComparison.OrdinalIgnoreCase) ? "https" : "http"
        select $"{entry.Key} = {entry.Value} is an address, and {MeshSection.Name}:Services holds policies. Addresses belong in Services:{ServiceOf(entry.Key)}:{scheme}:0, the section of Microsoft.Extensions.ServiceDiscovery.";

    private static string ServiceOf(string path) => path.Split(':') is [_, var services, var name, ..] && services.Equals("Services", StringComparison.OrdinalIgnoreCase) ? name : "<service>";

    // Only asked where no option stands: a URL, an IP address with or without a port, or a name with one.
    private static bool IsAddress(string? text)
    {
        if (text is null || text.Contains("://", StringComparison.Ordinal))
        {
            return text is not null;
        }

        var colon = text.LastIndexOf(':');
        var hasPort = colon > 0 && ushort.TryParse(text.AsSpan(colon + 1), out _);
        var host = hasPort ? text[..colon] : text;
        return Uri.CheckHostName(host) switch
        {
            UriHostNameType.IPv4 => IPAddress.TryParse(host, out _) && host.Count(static c => c == '.') == 3,
            UriHostNameType.IPv6 => true,
            UriHostNameType.Dns => hasPort,
            _ => false,
        };
    }
}
