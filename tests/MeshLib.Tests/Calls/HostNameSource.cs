using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.ServiceDiscovery;

namespace MeshLib.Tests.Calls;

/// <summary>Gives every endpoint that the providers before it have found a host name, as a registry of certificates would.</summary>
internal sealed class HostNameSource : IServiceEndpointProviderFactory
{
    public bool TryCreateProvider(ServiceEndpointQuery query, [NotNullWhen(true)] out IServiceEndpointProvider? provider)
    {
        provider = new Provider();
        return true;
    }

    private sealed class Provider : IServiceEndpointProvider, IHostNameFeature
    {
        public string HostName { get; private init; } = "";

        public ValueTask PopulateAsync(IServiceEndpointBuilder endpoints, CancellationToken cancellationToken)
        {
            foreach (var endpoint in endpoints.Endpoints)
            {
                endpoint.Features.Set<IHostNameFeature>(new Provider { HostName = $"host-of-{((UriEndPoint)endpoint.EndPoint).Uri.Host}" });
            }

            endpoints.AddChangeToken(NeverChanges.Token);
            return ValueTask.CompletedTask;
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}

internal static class HostNameSourceRegistration
{
    public static void AddHostNames(this IServiceCollection services) => services.AddSingleton<IServiceEndpointProviderFactory, HostNameSource>();
}
