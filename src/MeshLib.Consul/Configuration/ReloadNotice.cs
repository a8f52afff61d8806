using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Primitives;

namespace MeshLib.Consul;

/// <summary>
/// Says so when <c>Mesh:Consul</c> or <c>Mesh:Registration</c> changes while the host runs: the rest of <c>Mesh</c> is followed, these two are read once. Each change is told
/// once, and a reload without one is not; paths are named and values, which may be secrets, are not.
/// </summary>
internal sealed partial class ReloadNotice(IServiceProvider services, ILogger<ReloadNotice> logger) : IHostedService, IDisposable
{
    private static readonly string[] Sections = [ConsulOptions.SectionName, RegistrationOptions.SectionName];

    private Dictionary<string, string?> _known = [];
    private IDisposable? _subscription;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        // A plain service collection need not have a configuration.
        if (services.GetService<IConfiguration>() is { } configuration)
        {
            _known = Read(configuration);
            _subscription = ChangeToken.OnChange(configuration.GetReloadToken, Compare, configuration);
        }

        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose() => _subscription?.Dispose();

    private void Compare(IConfiguration configuration)
    {
        var now = Read(configuration);
        var before = Interlocked.Exchange(ref _known, now);
        var changed = now.Except(before).Concat(before.Except(now)).Select(static pair => pair.Key).Distinct(StringComparer.OrdinalIgnoreCase).Order(StringComparer.OrdinalIgnoreCase).ToList();
        if (changed.Count > 0)
        {
            LogChanged(string.Join(", ", changed));
        }
    }

    private static Dictionary<string, string?> Read(IConfiguration configuration) => Sections
        .SelectMany(section => configuration.GetSection(section).AsEnumerable())
        .Where(static pair => pair.Value is not null)
        .ToDictionary(StringComparer.OrdinalIgnoreCase);

    [LoggerMessage(2022, LogLevel.Warning, "The configuration has changed while the process runs, and takes effect when it is started again: {Paths}.")]
    private partial void LogChanged(string paths);
}
