using System.Net;
using System.Net.Sockets;

namespace MeshLib.Consul;

/// <summary>
/// Where an instance is: an IP address or a plain host name. A registry can be poisoned, so everything that is neither is refused (no port, path,
/// user or shorthand gets into a URI), and so are addresses that no service has.
/// </summary>
internal readonly record struct InstanceHost
{
    private const int LongestHostName = 253;

    private InstanceHost(string text, bool isAddress)
    {
        Text = text;
        IsAddress = isAddress;
    }

    /// <summary>The host as it stands in a URI: an IPv6 address has its brackets.</summary>
    public string Text { get; }

    /// <summary>Whether it is an IP address and no host name.</summary>
    public bool IsAddress { get; }

    /// <returns>Why <paramref name="text"/> is refused, or <see langword="null"/> when it became <paramref name="host"/>.</returns>
    public static DropReason? TryParse(string text, bool allowSpecial, out InstanceHost host)
    {
        host = default;
        var bare = text.StartsWith('[') && text.EndsWith(']') ? text[1..^1] : text;
        if (IPAddress.TryParse(bare, out var address))
        {
            if (address.IsIPv4MappedToIPv6)
            {
                address = address.MapToIPv4();
            }

            // The parser takes 127.1, 0x7f000001 and 2130706433 for addresses. Nobody registers them but someone who wants to get past a filter.
            var canonical = address.ToString();
            var isShorthand = !bare.Contains(':', StringComparison.Ordinal) && (bare != canonical || bare.Length != text.Length);
            if (isShorthand || bare.Contains('%', StringComparison.Ordinal))
            {
                return DropReason.InvalidAddress;
            }

            if (!allowSpecial && IsSpecial(address))
            {
                return DropReason.RefusedAddress;
            }

            host = new InstanceHost(address.AddressFamily == AddressFamily.InterNetworkV6 ? $"[{canonical}]" : canonical, isAddress: true);
            return null;
        }

        if (text.Length > LongestHostName || !text.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_') || Uri.CheckHostName(text) != UriHostNameType.Dns)
        {
            return DropReason.InvalidAddress;
        }

        host = new InstanceHost(text.ToLowerInvariant(), isAddress: false);
        return null;
    }

    private static bool IsSpecial(IPAddress address)
    {
        if (address.AddressFamily == AddressFamily.InterNetworkV6)
        {
            return address.IsIPv6LinkLocal || address.IsIPv6Multicast || address.Equals(IPAddress.IPv6Any);
        }

        Span<byte> bytes = stackalloc byte[4];
        address.TryWriteBytes(bytes, out _);

        // 0.0.0.0/8 is "this host", 169.254.0.0/16 link-local (and every cloud's metadata service), 224.0.0.0/3 multicast, reserved and broadcast.
        return bytes[0] == 0 || (bytes[0] == 169 && bytes[1] == 254) || bytes[0] >= 224;
    }
}
