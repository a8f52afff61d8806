using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace MeshLib.TestKit;

/// <summary>Keeps every log line of one host, whatever its level.</summary>
public sealed class RecordedLogs : ILoggerProvider
{
    private readonly ConcurrentQueue<LogEntry> _entries = new();

    /// <summary>All lines so far, oldest first.</summary>
    public IReadOnlyList<LogEntry> Entries => [.. _entries];

    /// <summary>The lines of categories that begin with <paramref name="prefix"/>.</summary>
    public IReadOnlyList<LogEntry> Of(string prefix) => [.. _entries.Where(entry => entry.Category.StartsWith(prefix, StringComparison.Ordinal))];

    /// <summary>The lines with this event id.</summary>
    public IReadOnlyList<LogEntry> WithEvent(int eventId) => [.. _entries.Where(entry => entry.EventId.Id == eventId)];

    /// <summary>A typed logger that writes here, for classes made without a container.</summary>
    public ILogger<T> LoggerFor<T>() => new TypedLogger<T>(this);

    /// <inheritdoc/>
    public ILogger CreateLogger(string categoryName) => new RecordingLogger(categoryName, _entries);

    /// <inheritdoc/>
    public void Dispose()
    {
    }

    private sealed class TypedLogger<T>(RecordedLogs logs) : ILogger<T>
    {
        private readonly ILogger _inner = logs.CreateLogger(typeof(T).FullName ?? typeof(T).Name);

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => _inner.BeginScope(state);

        public bool IsEnabled(LogLevel logLevel) => _inner.IsEnabled(logLevel);

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            _inner.Log(logLevel, eventId, state, exception, formatter);
    }
}

/// <summary>Registration of <see cref="RecordedLogs"/>.</summary>
public static class RecordedLogsServiceCollectionExtensions
{
    /// <summary>Records all log lines of the host, down to Trace.</summary>
    public static RecordedLogs AddRecordedLogs(this IServiceCollection services)
    {
        var logs = new RecordedLogs();
        services.AddLogging(logging => logging.SetMinimumLevel(LogLevel.Trace).AddProvider(logs));
        return logs;
    }
}
