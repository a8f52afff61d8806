using System.Net.Http.Json;

namespace MeshLib;

/// <summary>Whether a request's body can be sent again, decided before it is sent for the first time.</summary>
internal static class RequestReplay
{
    /// <summary>
    /// Contents that keep their bytes or make them anew can always be sent again. Another content of known length up to <paramref name="limit"/> is read into memory when
    /// the request may be repeated; of unknown length it is not, because a stream that turns out longer would be lost.
    /// </summary>
    public static async ValueTask<bool> PrepareAsync(HttpContent? content, bool repeatable, int limit, CancellationToken cancellationToken)
    {
        if (IsReplayable(content))
        {
            return true;
        }

        if (!repeatable || limit == 0)
        {
            return false;
        }

        // grpc-dotnet writes a unary message anew each time, without telling its length.
        if (content!.GetType().Name.StartsWith("PushUnaryContent", StringComparison.Ordinal))
        {
            return true;
        }

        if (content.Headers.ContentLength is not { } length || length > limit)
        {
            return false;
        }

        await content.LoadIntoBufferAsync(limit, cancellationToken).ConfigureAwait(false);
        return true;
    }

    /// <summary>Whether the question needs no preparation, which is the case of nearly all requests.</summary>
    public static bool IsReplayable(HttpContent? content) => content switch
    {
        null or ByteArrayContent or ReadOnlyMemoryContent or JsonContent => true,
        MultipartContent parts => parts.All(IsReplayable),
        _ => false,
    };
}
