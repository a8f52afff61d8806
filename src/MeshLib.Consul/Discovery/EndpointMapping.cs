using System.Net;
using Microsoft.Extensions.ServiceDiscovery;

namespace MeshLib.Consul;

/// <summary>Makes of an instance what one query asks for: the right port, and a scheme that both sides agree on.</summary>
/// <param name="EndpointName">The name of the port, or <see langword="null"/> for the instance's own.</param>
/// <param name="Schemes">The schemes that the query accepts; empty for any.</param>
internal readonly record struct EndpointMapping(string? EndpointName, IReadOnlyList<string> Schemes)
{
    private const string Http = "http";
    private const string Https = "https";

    /// <returns>The endpoint, or <see langword="null"/> when the instance has none for this query.</returns>
    public ServiceEndpoint? Map(ConsulInstance instance)
    {
        var port = EndpointName is null ? instance.Port : instance.NamedPorts.GetValueOrDefault(EndpointName);
        if (port == 0 || !TryAgree(instance.Scheme, out var scheme))
        {
            return null;
        }

        var endpoint = ServiceEndpoint.Create(EndPointOf(instance.Host, port, scheme));
        endpoint.Features.Set(instance.Metadata);
        return endpoint;
    }

    private static EndPoint EndPointOf(InstanceHost host, int port, string? scheme) => scheme switch
    {
        not null => new UriEndPoint(new Uri($"{scheme}://{host.Text}:{port}")),
        null when host.IsAddress => new IPEndPoint(IPAddress.Parse(host.Text), port),
        _ => new DnsEndPoint(host.Text, port),
    };

    /// <summary>The registry may raise a call to TLS and never lowers one to plain text.</summary>
    private bool TryAgree(string? offered, out string? scheme)
    {
        scheme = offered;
        if (offered is null)
        {
            scheme = Accepts(Http) ? Http : Schemes.Count > 0 ? Schemes[0] : null;
            return true;
        }

        return Schemes.Count == 0 || Accepts(offered) || (offered == Https && Accepts(Http));
    }

    private bool Accepts(string scheme) => Schemes.Contains(scheme, StringComparer.OrdinalIgnoreCase);
}
