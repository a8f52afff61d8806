using MeshLib;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds the mesh to an application's health checks.</summary>
public static class MeshHealthCheckExtensions
{
    /// <summary>
    /// Adds the check <c>mesh</c>, tagged <c>ready</c>: unhealthy until every declared service has been resolved once, degraded while an endpoint list is stale for
    /// more than 10 s, a service is in panic, or a policy was not taken over because of a mistake in it.
    /// </summary>
    /// <param name="builder">The health checks of the host.</param>
    public static IHealthChecksBuilder AddMeshHealthChecks(this IHealthChecksBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.AddMesh();
        return builder.Add(new HealthCheckRegistration(
            "mesh",
            static provider => new MeshHealthCheck(
                provider.GetRequiredService<MeshServices>(),
                provider.GetRequiredService<IMeshDirectory>(),
                provider.GetRequiredService<MeshPolicies>(),
                provider.GetRequiredService<MeshEnvironment>().Clock),
            failureStatus: null,
            tags: ["ready"]));
    }
}
