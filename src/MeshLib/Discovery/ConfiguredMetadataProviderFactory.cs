using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.ServiceDiscovery;

namespace MeshLib;

/// <summary>Gives the endpoints that configuration lists what it says of them (<see cref="ConfiguredMetadata"/>). It stands behind Microsoft's provider of that list, and adds no endpoint.</summary>
internal sealed class ConfiguredMetadataProviderFactory(IConfiguration configuration, IOptions<ConfigurationServiceEndpointProviderOptions> options) : IServiceEndpointProviderFactory
{
    public bool TryCreateProvider(ServiceEndpointQuery query, [NotNullWhen(true)] out IServiceEndpointProvider? provider)
    {
        provider = new Provider(Services.GetSection(query.ServiceName));
        return true;
    }

    /// <summary>Finds the mistakes of all services.</summary>
    /// <exception cref="OptionsValidationException">There are any; all of them are named.</exception>
    public void Check() => Throw([.. Services.GetChildren().SelectMany(static service => ConfiguredMetadata.Of(service).Mistakes)]);

    private IConfigurationSection Services => configuration.GetSection(options.Value.SectionName);

    private static void Throw(IReadOnlyList<string> mistakes)
    {
        if (mistakes.Count > 0)
        {
            throw new MeshOptionsException(mistakes);
        }
    }

    private sealed class Provider(IConfigurationSection service) : IServiceEndpointProvider
    {
        public ValueTask PopulateAsync(IServiceEndpointBuilder endpoints, CancellationToken cancellationToken)
        {
            // First, so that a mistake is looked at again when it has been mended.
            endpoints.AddChangeToken(service.GetReloadToken());
            if (endpoints.Endpoints.Count == 0 || !service.GetSection(ConfiguredMetadata.Key).Exists())
            {
                return ValueTask.CompletedTask;
            }

            var metadata = ConfiguredMetadata.Of(service);
            Throw(metadata.Mistakes);
            foreach (var endpoint in endpoints.Endpoints)
            {
                if (ConfiguredPlace.Of(endpoint.EndPoint) is { } place && metadata.Find(place) is { } said)
                {
                    endpoint.Features.Set(said);
                }
            }

            return ValueTask.CompletedTask;
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
