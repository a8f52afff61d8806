using System.Text;

namespace MeshLib.Testing;

/// <summary>A request as it was when it reached an instance: what becomes of the message afterwards does not change it.</summary>
public sealed class ReceivedRequest
{
    internal ReceivedRequest(HttpRequestMessage message, ReadOnlyMemory<byte> body, DateTimeOffset at)
    {
        Message = message;
        Method = message.Method;
        Address = message.RequestUri!;
        Headers = HeadersOf(message);
        Body = body;
        At = at;
    }

    /// <summary>The method.</summary>
    public HttpMethod Method { get; }

    /// <summary>The address that it was sent to, which is that of the instance.</summary>
    public Uri Address { get; }

    /// <summary>Path and query.</summary>
    public string Path => Address.PathAndQuery;

    /// <summary>The headers of the message and of its body, <c>mesh-timeout</c> and <c>mesh-attempt</c> among them; several values of one are joined by a comma. Names are not case-sensitive.</summary>
    public IReadOnlyDictionary<string, string> Headers { get; }

    /// <summary>The body. Empty where a handler answers, which reads it itself.</summary>
    public ReadOnlyMemory<byte> Body { get; }

    /// <summary>The body as text in UTF-8.</summary>
    public string Text => Encoding.UTF8.GetString(Body.Span);

    /// <summary>When it arrived, in the time of the host that sent it.</summary>
    public DateTimeOffset At { get; }

    internal HttpRequestMessage Message { get; }

    /// <inheritdoc/>
    public override string ToString() => $"{Method} {Address}";

    private static Dictionary<string, string> HeadersOf(HttpRequestMessage message)
    {
        var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var (name, values) in message.Headers.NonValidated)
        {
            headers[name] = values.ToString();
        }

        if (message.Content is { } content)
        {
            foreach (var (name, values) in content.Headers.NonValidated)
            {
                headers[name] = values.ToString();
            }
        }

        return headers;
    }
}
