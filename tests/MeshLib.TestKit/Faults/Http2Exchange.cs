namespace MeshLib.TestKit;

/// <summary>One request on an HTTP/2 connection, in the hands of an <see cref="Http2Fault"/>.</summary>
internal sealed class Http2Exchange(Http2Connection connection, int stream, int number, Action die)
{
    /// <summary>The number of the request on its connection, from 1.</summary>
    public int Number => number;

    public Task RespondAsync(int status, string body, CancellationToken cancellationToken) => connection.RespondAsync(stream, status, body, cancellationToken);

    public Task ResetAsync(int errorCode, CancellationToken cancellationToken) => connection.ResetStreamAsync(stream, errorCode, cancellationToken);

    public Task LeaveAsync(int lastStream, int errorCode, CancellationToken cancellationToken) => connection.GoAwayAsync(lastStream, errorCode, cancellationToken);

    public async Task RespondLastAsync(CancellationToken cancellationToken)
    {
        await connection.GoAwayAsync(stream, errorCode: 0, cancellationToken).ConfigureAwait(false);
        await connection.RespondAsync(stream, 200, "ok", cancellationToken).ConfigureAwait(false);
    }

    public void Die() => die();

    public void ResetConnection() => connection.Reset();
}
