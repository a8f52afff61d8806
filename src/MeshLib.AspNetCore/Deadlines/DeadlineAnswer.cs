using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace MeshLib.AspNetCore;

/// <summary>The answer to a request whose time is up: 504 with a problem body (RFC 9457) that holds a code and the trace's identifier, and nothing about the inside of the server.</summary>
internal static class DeadlineAnswer
{
    private const string Code = "deadline_exceeded";

    public static async Task WriteAsync(HttpContext context)
    {
        var response = context.Response;
        response.Clear();
        response.StatusCode = StatusCodes.Status504GatewayTimeout;
        if (response.BodyWriter is { CanGetUnflushedBytes: true, UnflushedBytes: > 0 })
        {
            // The handler wrote without flushing. The server cannot take that back, and a body of ours behind it would be garbage; the status says it all.
            return;
        }

        response.ContentType = "application/problem+json";
        response.Headers.CacheControl = "no-store";

        var body = Body(Activity.Current?.TraceId.ToHexString() ?? context.TraceIdentifier);
        response.ContentLength = body.Length;
        if (!HttpMethods.IsHead(context.Request.Method))
        {
            await response.Body.WriteAsync(body, CancellationToken.None).ConfigureAwait(false);
        }
    }

    /// <summary>The same in gRPC: an answer of headers alone, "trailers-only".</summary>
    public static void WriteGrpc(HttpContext context)
    {
        var response = context.Response;
        response.Clear();

        // As it was asked: gRPC-Web clients take no other kind for an answer.
        response.ContentType = context.Request.ContentType;
        response.Headers["grpc-status"] = GrpcStatus.DeadlineExceeded.ToString(CultureInfo.InvariantCulture);
        response.Headers["grpc-message"] = Code;
    }

    private static ReadOnlyMemory<byte> Body(string trace)
    {
        var buffer = new System.Buffers.ArrayBufferWriter<byte>(128);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("title", "Gateway Timeout");
            json.WriteNumber("status", StatusCodes.Status504GatewayTimeout);
            json.WriteString("code", Code);
            json.WriteString("traceId", trace);
            json.WriteEndObject();
        }

        return buffer.WrittenMemory;
    }
}
