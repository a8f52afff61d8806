using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace MeshLib.Consul.Tests;

/// <summary>Health checks whose answer a test sets, and which can hang.</summary>
internal sealed class ScriptedHealth : HealthCheckService
{
    public HealthStatus Status { get; set; } = HealthStatus.Healthy;

    public bool Hangs { get; set; }

    public Func<HealthCheckRegistration, bool>? LastPredicate { get; private set; }

    public override Task<HealthReport> CheckHealthAsync(Func<HealthCheckRegistration, bool>? predicate, CancellationToken cancellationToken = default)
    {
        LastPredicate = predicate;
        return Hangs
            ? new TaskCompletionSource<HealthReport>().Task
            : Task.FromResult(new HealthReport(new Dictionary<string, HealthReportEntry>(), Status, TimeSpan.Zero));
    }

    public static HealthCheckRegistration Check(string name, params string[] tags) => new(name, static _ => throw new NotSupportedException(), null, tags);
}
