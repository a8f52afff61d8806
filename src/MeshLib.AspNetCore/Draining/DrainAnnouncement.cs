using System.Globalization;
using Microsoft.AspNetCore.Http;

namespace MeshLib.AspNetCore;

/// <summary>
/// Tells callers that this instance is about to leave, while it still serves: once the host stops, its answers carry <c>Retry-After</c> and <c>mesh-retry: no</c> together, and mesh clients send their next calls elsewhere
/// before a registry has told them. An answer that is a failure carries neither, because it may be worth another try.
/// </summary>
internal sealed class DrainAnnouncement(RequestDelegate next, CancellationToken stopping)
{
    // By then every registry has forgotten an instance that is gone, and a new one at its address wants calls.
    private static readonly string Seconds = 30.ToString(CultureInfo.InvariantCulture);

    public Task InvokeAsync(HttpContext context)
    {
        if (stopping.IsCancellationRequested)
        {
            context.Response.OnStarting(static response => Announce((HttpResponse)response), context.Response);
        }

        return next(context);
    }

    private static Task Announce(HttpResponse response)
    {
        if (response.StatusCode < StatusCodes.Status400BadRequest && !response.Headers.ContainsKey("grpc-status"))
        {
            response.Headers[MeshHeaders.Retry] = "no";
            response.Headers.RetryAfter = Seconds;
        }

        return Task.CompletedTask;
    }
}
