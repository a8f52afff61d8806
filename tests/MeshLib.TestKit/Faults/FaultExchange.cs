using System.Globalization;
using System.Text;

namespace MeshLib.TestKit;

/// <summary>One request (or, at accept, one connection) in the hands of a <see cref="Fault"/>.</summary>
public sealed class FaultExchange
{
    private readonly HttpConnection _connection;
    private readonly ServerCounts _counts;

    internal FaultExchange(HttpConnection connection, ServerCounts counts, ReceivedRequest? request)
    {
        _connection = connection;
        _counts = counts;
        Request = request;
    }

    /// <summary>The request; null when the fault plays at accept.</summary>
    public ReceivedRequest? Request { get; }

    /// <summary>Whether the connection may carry another request afterwards.</summary>
    public bool KeepsConnection { get; private set; } = true;

    /// <summary>Writes a whole, well-formed answer.</summary>
    public Task RespondAsync(int status, string body, (string Name, string Value)[] headers, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(headers);
        ArgumentNullException.ThrowIfNull(body);
        var head = new StringBuilder().Append(CultureInfo.InvariantCulture, $"HTTP/1.1 {status} Status\r\nContent-Length: {Encoding.UTF8.GetByteCount(body)}\r\n");
        foreach (var (name, value) in headers)
        {
            head.Append(CultureInfo.InvariantCulture, $"{name}: {value}\r\n");
        }

        head.Append("\r\n");
        var text = Request?.Method == "HEAD" ? head.ToString() : head.Append(body).ToString();
        return _connection.WriteAsync(Encoding.UTF8.GetBytes(text), cancellationToken).AsTask();
    }

    /// <summary>Writes bytes as they are, one per character.</summary>
    public Task WriteAsync(string text, CancellationToken cancellationToken) => _connection.WriteAsync(text, cancellationToken).AsTask();

    /// <inheritdoc cref="WriteAsync(string, CancellationToken)"/>
    public Task WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken) => _connection.WriteAsync(bytes, cancellationToken).AsTask();

    /// <summary>Waits; false when the client has left meanwhile, which ends the connection.</summary>
    public async Task<bool> WaitAsync(TimeSpan time, CancellationToken cancellationToken)
    {
        if (await _connection.WaitAsync(time, cancellationToken).ConfigureAwait(false))
        {
            return true;
        }

        Abandon();
        return false;
    }

    /// <summary>Does nothing more until the client leaves.</summary>
    public async Task HangAsync(CancellationToken cancellationToken)
    {
        // At accept the request's bytes are still to come, and unread bytes would hide the client's leaving.
        await (Request is null ? _connection.DrainAsync(cancellationToken) : _connection.WaitAsync(Timeout.InfiniteTimeSpan, cancellationToken)).ConfigureAwait(false);
        Abandon();
    }

    /// <summary>Sends a reset.</summary>
    public void Reset()
    {
        KeepsConnection = false;
        _connection.Reset();
    }

    /// <summary>Sends FIN and reads on until the client closes.</summary>
    public Task FinishAsync(CancellationToken cancellationToken)
    {
        KeepsConnection = false;
        return _connection.FinishAsync(cancellationToken);
    }

    private void Abandon()
    {
        KeepsConnection = false;
        if (Request is not null)
        {
            _counts.RequestAbandoned();
        }
    }
}
