using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace MeshLib.TestKit;

/// <summary>Writes one answer, however broken. Ends by itself, or by <paramref name="cancellationToken"/> when the client has gone.</summary>
/// <returns>Whether the connection can carry another request.</returns>
public delegate Task<bool> ScriptedConsulWriter(Socket connection, CancellationToken cancellationToken);

/// <summary>The answers that a scripted Consul can give.</summary>
public static class ScriptedConsulReply
{
    public static ScriptedConsulWriter Json(string body, ulong index) => Json(body, index.ToString(CultureInfo.InvariantCulture));

    /// <param name="body">The body.</param>
    /// <param name="index">The index header as it stands, or <see langword="null"/> for none.</param>
    public static ScriptedConsulWriter Json(string body, string? index) =>
        Status(200, body, "application/json", index is null ? [] : [$"X-Consul-Index: {index}"]);

    public static ScriptedConsulWriter Status(int status, string body, string contentType = "text/plain", params string[] headers) =>
        Status(status, Encoding.UTF8.GetBytes(body), contentType, headers);

    public static ScriptedConsulWriter Status(int status, byte[] body, string contentType, params string[] headers) => async (connection, token) =>
    {
        await connection.SendAsync(Head(status, $"Content-Length: {body.Length}", [$"Content-Type: {contentType}", .. headers]), token);
        await connection.SendAsync(body, token);
        return true;
    };

    /// <summary>Says nothing, and keeps the connection open until the client gives up.</summary>
    public static ScriptedConsulWriter Hang() => async (connection, token) =>
    {
        await UntilClosedAsync(connection, token);
        return false;
    };

    /// <summary>Ends the connection with a reset.</summary>
    public static ScriptedConsulWriter Reset() => (connection, _) =>
    {
        connection.LingerState = new LingerOption(true, 0);
        return Task.FromResult(false);
    };

    /// <summary>Announces more than it sends.</summary>
    public static ScriptedConsulWriter Truncated(string body, bool reset = false) => async (connection, token) =>
    {
        var bytes = Encoding.UTF8.GetBytes(body);
        await connection.SendAsync(Head(200, $"Content-Length: {bytes.Length + 100}", ["Content-Type: application/json", "X-Consul-Index: 9"]), token);
        await connection.SendAsync(bytes, token);
        if (reset)
        {
            connection.LingerState = new LingerOption(true, 0);
        }

        return false;
    };

    /// <summary>Sends the start of a body and then nothing more, without closing.</summary>
    public static ScriptedConsulWriter Stall(string start) => async (connection, token) =>
    {
        await connection.SendAsync(Head(200, "Content-Length: 100000", ["Content-Type: application/json", "X-Consul-Index: 9"]), token);
        await connection.SendAsync(Encoding.UTF8.GetBytes(start), token);
        await UntilClosedAsync(connection, token);
        return false;
    };

    /// <summary>Sends a body that does not end, as fast as it is read.</summary>
    /// <param name="start">How it begins.</param>
    /// <param name="repeated">What is repeated.</param>
    /// <param name="sent">Called with the total of bytes after each piece.</param>
    public static ScriptedConsulWriter Endless(string start, string repeated, Action<long>? sent = null) => async (connection, token) =>
    {
        await connection.SendAsync(Head(200, "Connection: close", ["Content-Type: application/json", "X-Consul-Index: 9"]), token);
        await connection.SendAsync(Encoding.UTF8.GetBytes(start), token);
        var piece = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat(repeated, Math.Max(1, 16384 / repeated.Length))));
        for (var total = (long)piece.Length; ; total += piece.Length)
        {
            await connection.SendAsync(piece, token);
            sent?.Invoke(total);
        }
    };

    /// <summary>Sends bytes that need not be HTTP.</summary>
    public static ScriptedConsulWriter Raw(string text) => async (connection, token) =>
    {
        await connection.SendAsync(Encoding.Latin1.GetBytes(text), token);
        return false;
    };

    private static byte[] Head(int status, string framing, string[] headers) =>
        Encoding.ASCII.GetBytes($"HTTP/1.1 {status} X\r\n{framing}\r\n{string.Concat(headers.Select(header => header + "\r\n"))}\r\n");

    private static async Task UntilClosedAsync(Socket connection, CancellationToken token)
    {
        while (await connection.ReceiveAsync(new byte[1], token) > 0)
        {
        }
    }
}
