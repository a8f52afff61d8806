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
        services.AddSingleton<UnknownNames>();
        services.AddSingleton<PolicySources>();
        services.AddSingleton<MeshPolicies>();

        // Making the policies validates them; the start only has to make them.
        services.AddStartCheck(static provider => provider.GetRequiredService<MeshPolicies>());
    }

    /// <summary>Has a part of the mesh check its options when the host starts. What all parts find is reported together.</summary>
    internal static void AddStartCheck(this IServiceCollection services, Action<IServiceProvider> check)
    {
        services.AddSingleton(new StartCheck(check));
        if (services.Any(static service => service.ServiceType == typeof(StartChecks)))
        {
            return;
        }

        services.AddSingleton<StartChecks>();
        services.AddOptions<Start>()
            .Validate<StartChecks>(static (_, checks) =>
            {
                checks.Run();
                return true;
            })
            .ValidateOnStart();
    }

    private sealed class Start;
}
