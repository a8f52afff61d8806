using System.Net;

namespace MeshLib.Consul;

/// <summary>What the host part of an address means for who wants to connect to it.</summary>
internal static class ListenHost
{
    public static bool IsWildcard(string host) =>
        host is "*" or "+" || (IPAddress.TryParse(host, out var address) && (address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any)));

    public static bool IsLoopback(string host) =>
        string.Equals(host, "localhost", StringComparison.OrdinalIgnoreCase) || (IPAddress.TryParse(host, out var address) && IPAddress.IsLoopback(address));

    /// <summary>The host of <paramref name="address"/> as Consul wants it: IPv6 without brackets and scope, the loopback's name as a number.</summary>
    public static string Of(Uri address)
    {
        if (string.Equals(address.Host, "localhost", StringComparison.OrdinalIgnoreCase))
        {
            return "127.0.0.1";
        }

        return IPAddress.TryParse(address.Host, out var ip) ? WithoutScope(ip).ToString() : address.IdnHost;
    }

    // A scope is the number of an interface of this machine and means nothing to others.
    public static IPAddress WithoutScope(IPAddress address) =>
        address.AddressFamily is System.Net.Sockets.AddressFamily.InterNetworkV6 && address.ScopeId != 0 ? new IPAddress(address.GetAddressBytes()) : address;
}
