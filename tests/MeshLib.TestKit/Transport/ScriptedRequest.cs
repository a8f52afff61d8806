using System.Globalization;

namespace MeshLib.TestKit;

/// <summary>A snapshot of one outgoing attempt, taken when it arrived: what a later attempt does to the message does not change it.</summary>
public sealed record ScriptedRequest
{
    /// <summary>The header that names a logical call, so that its attempts can be counted.</summary>
    public const string IdHeader = "x-request-id";

    /// <summary>The position of this attempt among all that the transport has seen, from 1.</summary>
    public required int Number { get; init; }

    /// <summary>The method.</summary>
    public required HttpMethod Method { get; init; }

    /// <summary>The URI as it goes to the wire.</summary>
    public required Uri Uri { get; init; }

    /// <summary>The version and policy of the message.</summary>
    public required Version Version { get; init; }

    /// <summary>How <see cref="Version"/> is to be taken.</summary>
    public required HttpVersionPolicy VersionPolicy { get; init; }

    /// <summary>All headers of the message and its content, values joined with a comma; names are matched without case.</summary>
    public required IReadOnlyDictionary<string, string> Headers { get; init; }

    /// <summary>The content, when the transport captures bodies and there was one.</summary>
    public byte[]? Body { get; init; }

    /// <summary>The message itself, for its options.</summary>
    public required HttpRequestMessage Message { get; init; }

    /// <summary>Scheme, host and port: the endpoint.</summary>
    public string Endpoint => Uri.GetLeftPart(UriPartial.Authority);

    /// <summary>The Host header that would be sent.</summary>
    public string Host => Header("Host") ?? Uri.Authority;

    /// <summary>The call's <see cref="IdHeader"/>.</summary>
    public string? Id => Header(IdHeader);

    /// <summary>The <c>mesh-timeout</c> header.</summary>
    public string? MeshTimeout => Header("mesh-timeout");

    /// <summary>The <c>grpc-timeout</c> header.</summary>
    public string? GrpcTimeout => Header("grpc-timeout");

    /// <summary>The <c>mesh-attempt</c> header; null when it was not sent.</summary>
    public int? MeshAttempt => Header("mesh-attempt") is { } text ? int.Parse(text, CultureInfo.InvariantCulture) : null;

    /// <summary>The value of a header, or null when it is absent.</summary>
    public string? Header(string name) => Headers.TryGetValue(name, out var value) ? value : null;

    internal static async Task<ScriptedRequest> SnapshotAsync(HttpRequestMessage message, int number, bool withBody)
    {
        var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var header in message.Headers.NonValidated)
        {
            headers[header.Key] = header.Value.ToString();
        }

        if (message.Content is { } content)
        {
            foreach (var header in content.Headers.NonValidated)
            {
                headers[header.Key] = header.Value.ToString();
            }
        }

        return new ScriptedRequest
        {
            Number = number,
            Method = message.Method,
            Uri = message.RequestUri ?? throw new InvalidOperationException("The request has no URI."),
            Version = message.Version,
            VersionPolicy = message.VersionPolicy,
            Headers = headers,
            Body = withBody && message.Content is not null ? await ReadAsWireDoesAsync(message.Content).ConfigureAwait(false) : null,
            Message = message,
        };
    }

    // CopyToAsync and not ReadAsByteArrayAsync: the latter buffers the content as a side effect and so would make any body replayable.
    private static async Task<byte[]> ReadAsWireDoesAsync(HttpContent content)
    {
        using var buffer = new MemoryStream();
        await content.CopyToAsync(buffer).ConfigureAwait(false);
        return buffer.ToArray();
    }
}
