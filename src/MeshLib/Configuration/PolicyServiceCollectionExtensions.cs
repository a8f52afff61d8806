using Microsoft.Extensions.DependencyInjection.Extensions;
using MeshLib;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Registers the policies of a host.</summary>
internal static class PolicyServiceCollectionExtensions
{
    /// <summary>Registers <see cref="MeshPolicies"/> and has them read when the host starts, so that a mistake fails the start. Any number of calls is one.</summary>
    internal static void AddMeshPolicies(this IServiceCollection services)
    {
        if (services.Any(static service => service.ServiceType == typeof(MeshPolicies)))
        {
            return;
        }

        services.AddOptions<MeshOptions>();
        services.TryAddSingleton(TimeProvider.System);
        services.AddLogging();
        services.AddSingleton<PolicySources>();
        services.AddSingleton<MeshPolicies>();

        // Making the policies validates them; the start only has to make them. Their own failure, with every mistake in it, is what the host reports.
        services.AddOptions<PolicyStart>().Validate<MeshPolicies>(static (_, _) => true).ValidateOnStart();
    }

    private sealed class PolicyStart;
}
