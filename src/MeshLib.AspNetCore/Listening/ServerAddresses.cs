using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;

namespace MeshLib.AspNetCore;

/// <summary>The addresses that a web server is bound to; it reports them, with the ports that the system chose, once it has started.</summary>
internal static class ServerAddresses
{
    public static IReadOnlyList<Uri> Of(IServer? server)
    {
        var addresses = server?.Features.Get<IServerAddressesFeature>()?.Addresses ?? [];
        return [.. addresses.Select(AsUri).OfType<Uri>()];
    }

    // Nobody on another machine can call a Unix socket or a named pipe.
    private static Uri? AsUri(string text)
    {
        var address = BindingAddress.Parse(text);
        if (address.IsUnixPipe || address.IsNamedPipe)
        {
            return null;
        }

        // A host of * or +, which is no host of a URI, means any address.
        var host = address.Host is "*" or "+" ? "[::]" : address.Host;
        return new UriBuilder(address.Scheme, host, address.Port).Uri;
    }
}
