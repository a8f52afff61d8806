using System.Globalization;
using System.Net;
using System.Net.Http.Headers;

namespace MeshLib;

/// <summary>What the mesh reads and writes of the gRPC protocol over HTTP/2: the content type, the status, pushback, trailers-only answers.</summary>
internal static class GrpcStatus
{
    public const int DeadlineExceeded = 4;
    private const int ResourceExhausted = 8;
    private const int Unavailable = 14;

    private const string ContentType = "application/grpc";

    public static bool IsGrpc(HttpRequestMessage request) =>
        request.Content?.Headers.ContentType?.MediaType is { } type && type.StartsWith(ContentType, StringComparison.OrdinalIgnoreCase);

    /// <summary>The status of a trailers-only answer, or <see langword="null"/> when it will come with the trailers.</summary>
    public static int? FromHeaders(HttpResponseMessage response) => Read(response.Headers, "grpc-status");

    public static int? FromTrailers(HttpResponseMessage response) => Read(response.TrailingHeaders, "grpc-status");

    /// <summary>The wait that the server asks for; negative when it asks not to retry, which an unreadable value means too (gRFC A6).</summary>
    public static TimeSpan? Pushback(HttpResponseMessage response)
    {
        if (!response.Headers.NonValidated.TryGetValues("grpc-retry-pushback-ms", out var values))
        {
            return null;
        }

        return int.TryParse(values.ToString(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var milliseconds)
            ? TimeSpan.FromMilliseconds(milliseconds)
            : TimeSpan.FromMilliseconds(-1);
    }

    /// <summary>
    /// The mesh's own rejection as a trailers-only answer: grpc-dotnet would turn a thrown <see cref="HttpRequestException"/> into INTERNAL.
    /// </summary>
    public static HttpResponseMessage Reject(HttpRequestMessage request, MeshException refusal)
    {
        var status = refusal switch
        {
            DeadlineExceededException => DeadlineExceeded,
            BulkheadRejectedException => ResourceExhausted,
            _ => Unavailable,
        };
        var response = new HttpResponseMessage(HttpStatusCode.OK)
        {
            RequestMessage = request,
            Version = HttpVersion.Version20,
            Content = new ByteArrayContent([]) { Headers = { ContentType = new MediaTypeHeaderValue(ContentType) } },
        };
        response.Headers.TryAddWithoutValidation("grpc-status", status.ToString(CultureInfo.InvariantCulture));
        response.Headers.TryAddWithoutValidation("grpc-message", Uri.EscapeDataString(refusal.Message));
        return response;
    }

    private static int? Read(HttpResponseHeaders headers, string name) =>
        headers.NonValidated.TryGetValues(name, out var values) && int.TryParse(values.ToString(), NumberStyles.None, CultureInfo.InvariantCulture, out var status)
            ? status
            : null;
}
