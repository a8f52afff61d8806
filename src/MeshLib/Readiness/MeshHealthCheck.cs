using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace MeshLib;

/// <summary>
/// Readiness from the mesh's point of view. Unhealthy while a declared service has not been resolved yet: requests would fail. Degraded while a list is stale, a service is
/// in panic, or the last policy was not taken over: requests go on with what was known last.
/// </summary>
internal sealed class MeshHealthCheck(MeshServices services, IMeshDirectory directory, MeshPolicies policies, MonotonicClock clock) : IHealthCheck
{
    // Shorter silences are a leader election or a restarted agent, and change nothing for anyone.
    private static readonly TimeSpan WorthSaying = TimeSpan.FromSeconds(10);

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        // Looking at what is declared begins to watch it, so that a host becomes ready without a request.
        EndpointSet[] declared = [.. services.DeclaredKeys.Select(key => services.Find(key)).OfType<EndpointSet>()];
        await Task.WhenAll(declared.Select(static set => set.Ready))
            .WaitAsync(TimeSpan.FromSeconds(1), clock.TimeProvider, cancellationToken)
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

        string[] unresolved = [.. declared.Where(static set => !set.IsResolved).Select(static set => set.Service.Name).Distinct(StringComparer.OrdinalIgnoreCase)];
        var troubled = new List<string>();
        foreach (var service in directory.Services)
        {
            if (!service.Resolved)
            {
                // Somebody asked for an address of the service that was not announced and may be wrong: no reason to take the host out of service.
                if (services.DeclaredNames.Contains(service.Name, StringComparer.OrdinalIgnoreCase))
                {
                    troubled.Add($"{service.Name}: an address of it is not resolved");
                }
            }
            else if (service.StaleFor > WorthSaying)
            {
                troubled.Add(FormattableString.Invariant($"{service.Name}: endpoints stale for {service.StaleFor.TotalSeconds:0} s"));
            }
            else if (service.Panic)
            {
                troubled.Add($"{service.Name}: panic");
            }
        }

        if (policies.Problem is { } problem)
        {
            troubled.Add($"policy not taken over: {problem}");
        }

        // No trouble: a declared service without a registry is called by DNS as it should be. But it may not be what was meant.
        string[] byPlainDns = [.. services.Sets.Where(static set => set.ByPlainDns).Select(static set => set.Service.Name).Distinct().Order()];
        return unresolved.Length > 0 ? new(context.Registration.FailureStatus, $"Not resolved yet: {string.Join(", ", unresolved)}.")
            : troubled.Count > 0 ? HealthCheckResult.Degraded(string.Join("; ", troubled) + ".")
            : HealthCheckResult.Healthy(byPlainDns.Length > 0 ? $"By plain DNS, for want of a registry: {string.Join(", ", byPlainDns)}." : null);
    }
}
