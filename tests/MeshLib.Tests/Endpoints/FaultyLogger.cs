using Microsoft.Extensions.Logging;

namespace MeshLib.Tests.Endpoints;

/// <summary>A logger of the user's that fails at one event.</summary>
internal sealed class FaultyLogger(int failing) : ILoggerProvider, ILogger
{
    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (eventId.Id == failing)
        {
            throw new InvalidOperationException("A logger's own fault.");
        }
    }

    public void Dispose()
    {
    }
}
