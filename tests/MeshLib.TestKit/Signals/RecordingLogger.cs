using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace MeshLib.TestKit;

/// <summary>One log line.</summary>
/// <param name="Category">The logger's category.</param>
/// <param name="Level">The level.</param>
/// <param name="EventId">The stable id and name of the event.</param>
/// <param name="Message">The line as a reader would see it.</param>
/// <param name="Exception">The exception logged with it.</param>
/// <param name="Values">The structured values, by name.</param>
public sealed record LogEntry(
    string Category,
    LogLevel Level,
    EventId EventId,
    string Message,
    Exception? Exception,
    IReadOnlyDictionary<string, object?> Values);

internal sealed class RecordingLogger(string category, ConcurrentQueue<LogEntry> entries) : ILogger
{
    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel != LogLevel.None;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        var values = new Dictionary<string, object?>(StringComparer.Ordinal);
        if (state is IEnumerable<KeyValuePair<string, object?>> pairs)
        {
            foreach (var pair in pairs)
            {
                values[pair.Key] = pair.Value;
            }
        }

        entries.Enqueue(new LogEntry(category, logLevel, eventId, formatter(state, exception), exception, values));
    }
}
