using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;

namespace MeshLib.AspNetCore;

/// <summary>The settings in force. A mistake fails the start; on reload it keeps the last good settings and says so.</summary>
internal sealed partial class ServerSettingsSource : IDisposable
{
    private readonly IConfiguration _configuration;
    private readonly ILogger _logger;
    private readonly IDisposable _subscription;
    private volatile ServerSettings _current;

    /// <exception cref="OptionsValidationException">There is a mistake in the section; all of them are named.</exception>
    public ServerSettingsSource(IConfiguration configuration, ILogger<ServerSettingsSource> logger)
    {
        _configuration = configuration;
        _logger = logger;

        // Before the first reading, so that no change falls between the two.
        _subscription = ChangeToken.OnChange(configuration.GetReloadToken, Reload);
        var problems = new List<string>();
        _current = ServerSection.Read(configuration, problems);
        if (problems.Count > 0)
        {
            _subscription.Dispose();
            throw new OptionsValidationException(ServerSection.Path, typeof(ServerSettings), problems);
        }
    }

    public ServerSettings Current => _current;

    public void Dispose() => _subscription.Dispose();

    private void Reload()
    {
        var problems = new List<string>();
        var read = ServerSection.Read(_configuration, problems);
        if (problems.Count == 0)
        {
            _current = read;
            return;
        }

        LogRejected(_logger, string.Join('\n', problems));
    }

    [LoggerMessage(600, LogLevel.Error, "The changed configuration of the mesh's server half is not taken over, the last good one stays in force:\n{Problems}")]
    private static partial void LogRejected(ILogger logger, string problems);
}
