using Microsoft.Extensions.ServiceDiscovery;

namespace MeshLib;

/// <summary>
/// The registered provider factories in the order in which they are asked: configuration first, so that configured endpoints win over every registry whatever
/// the order of registration, with what it says of them, then endpoints given in code, then the rest. Microsoft's pass-through is left out: whether a host is passed through is decided after all were asked.
/// </summary>
internal sealed class EndpointSources
{
    private const string Configuration = "Microsoft.Extensions.ServiceDiscovery.Configuration.ConfigurationServiceEndpointProviderFactory";
    private const string PassThrough = "Microsoft.Extensions.ServiceDiscovery.PassThrough.PassThroughServiceEndpointProviderFactory";

    // The last rank.
    private const int Registry = 3;

    private readonly IServiceEndpointProviderFactory[] _factories;

    public EndpointSources(IEnumerable<IServiceEndpointProviderFactory> factories) =>
        _factories = [.. factories
            .Where(static factory => factory.GetType().FullName != PassThrough)
            .DistinctBy(static factory => factory.GetType().FullName == Configuration ? (object)Configuration : factory)
            .OrderBy(Rank)];

    /// <summary>Creates the providers of one query; the caller owns them.</summary>
    public IReadOnlyList<EndpointSource> Create(ServiceEndpointQuery query)
    {
        var sources = new List<EndpointSource>(_factories.Length);
        foreach (var factory in _factories)
        {
            if (factory.TryCreateProvider(query, out var provider))
            {
                sources.Add(new(provider, IsRegistry: Rank(factory) == Registry));
            }
        }

        return sources;
    }

    private static int Rank(IServiceEndpointProviderFactory factory) => factory switch
    {
        ConfiguredMetadataProviderFactory => 1,
        StaticEndpointProviderFactory => 2,
        _ => factory.GetType().FullName == Configuration ? 0 : Registry,
    };
}

/// <summary>A provider, and whether its silence about a service means that there is no instance.</summary>
internal readonly record struct EndpointSource(IServiceEndpointProvider Provider, bool IsRegistry);
