using System.Net;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.ServiceDiscovery;

namespace MeshLib.TestKit;

/// <summary>An endpoint as a test writes it.</summary>
/// <param name="Address"><c>http://host:port</c>, or <c>host:port</c>.</param>
/// <param name="Metadata">What the registry knows of it.</param>
public sealed record ManualEndpoint(string Address, EndpointMetadata? Metadata = null)
{
    /// <summary>An endpoint of which only the address is known.</summary>
    public static implicit operator ManualEndpoint(string address) => new(address);

    /// <inheritdoc cref="op_Implicit(string)"/>
    public static ManualEndpoint FromString(string address) => new(address);

    internal ServiceEndpoint ToServiceEndpoint()
    {
        var features = new FeatureCollection();
        if (Metadata is not null)
        {
            features.Set(Metadata);
        }

        return ServiceEndpoint.Create(ToEndPoint(), features);
    }

    private EndPoint ToEndPoint()
    {
        if (Address.Contains("://", StringComparison.Ordinal))
        {
            return new UriEndPoint(new Uri(Address));
        }

        return ServiceEndpoint.TryParse(Address, out var parsed)
            ? parsed.EndPoint
            : throw new FormatException($"'{Address}' is no endpoint address.");
    }
}
