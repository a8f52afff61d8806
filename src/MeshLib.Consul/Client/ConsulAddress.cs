using System.Diagnostics.CodeAnalysis;

namespace MeshLib.Consul;

/// <summary>Where the agent listens: a base address, which ends in a slash, and the socket file when it listens on one.</summary>
internal sealed record ConsulAddress(Uri Base, string? SocketPath)
{
    private const string UnixScheme = "unix://";

    /// <summary>Whether the agent is on this machine, reached over its loopback interface or a socket file.</summary>
    public bool IsLoopback => SocketPath is not null || ListenHost.IsLoopback(Base.DnsSafeHost);

    /// <summary>Reads every form that <c>CONSUL_HTTP_ADDR</c> may have. A socket path keeps its case.</summary>
    public static bool TryParse(string? text, [NotNullWhen(true)] out ConsulAddress? address, [NotNullWhen(false)] out string? problem)
    {
        address = null;
        problem = null;
        if (string.IsNullOrWhiteSpace(text))
        {
            problem = "is empty";
        }
        else if (text.StartsWith(UnixScheme, StringComparison.OrdinalIgnoreCase))
        {
            var path = text[UnixScheme.Length..];
            if (path.StartsWith('/'))
            {
                address = new ConsulAddress(new Uri("http://localhost/"), path);
            }
            else
            {
                problem = "names no absolute path of a socket";
            }
        }
        else if (!Uri.TryCreate(text.Contains("://", StringComparison.Ordinal) ? text : "http://" + text, UriKind.Absolute, out var uri)
            || (uri.Scheme != Uri.UriSchemeHttp && uri.Scheme != Uri.UriSchemeHttps)
            || uri.Host.Length == 0)
        {
            problem = "is not an address";
        }
        else if (uri.UserInfo.Length > 0)
        {
            problem = "holds user information, which belongs into BasicAuthentication";
        }
        else if (uri.Query.Length > 0 || uri.Fragment.Length > 0)
        {
            problem = "holds a query or a fragment";
        }
        else
        {
            var path = uri.AbsolutePath.EndsWith('/') ? uri.AbsolutePath : uri.AbsolutePath + "/";
            address = new ConsulAddress(new Uri(uri, path), null);
        }

        return problem is null;
    }

    /// <summary>The address as it may be shown: it never holds a secret.</summary>
    public override string ToString() => SocketPath is null ? Base.GetLeftPart(UriPartial.Path).TrimEnd('/') : UnixScheme + SocketPath;
}
