using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace MeshLib.Consul;

/// <summary>
/// Whether this process is ready for calls, in Consul's words. It is what the application's health checks say: those tagged <c>ready</c> where any is,
/// all of them otherwise; a process without health checks is ready. Belongs to one loop.
/// </summary>
/// <param name="checks">The application's health checks, or <see langword="null"/>.</param>
/// <param name="registered">Which there are.</param>
/// <param name="limit">How long they may take.</param>
/// <param name="time">The clock of that limit.</param>
internal sealed class Readiness(HealthCheckService? checks, IEnumerable<HealthCheckRegistration> registered, TimeSpan limit, TimeProvider time)
{
    private const string ReadyTag = "ready";

    private readonly bool _anyTagged = registered.Any(IsTagged);
    private string _last = CheckStatus.Critical;
    private bool _late;

    /// <summary>Asks the health checks.</summary>
    /// <returns>One of <see cref="CheckStatus"/>.</returns>
    public async Task<string> AskAsync(CancellationToken cancellationToken)
    {
        if (checks is null)
        {
            return CheckStatus.Passing;
        }

        using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        try
        {
            var report = await checks.CheckHealthAsync(_anyTagged ? IsTagged : null, enough.Token).WaitAsync(limit, time, cancellationToken).ConfigureAwait(false);
            _late = false;
            _last = report.Status switch
            {
                HealthStatus.Healthy => CheckStatus.Passing,
                HealthStatus.Degraded => CheckStatus.Warning,
                _ => CheckStatus.Critical,
            };
        }
        catch (TimeoutException)
        {
            await enough.CancelAsync().ConfigureAwait(false);

            // The first may come from a pause of this very process, after which the alarm is handled before the answer.
            _last = _late ? CheckStatus.Critical : _last;
            _late = true;
        }

        return _last;
    }

    private static bool IsTagged(HealthCheckRegistration registration) => registration.Tags.Contains(ReadyTag);
}
