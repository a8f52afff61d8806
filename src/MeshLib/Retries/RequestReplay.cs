using System.Collections;
using System.Diagnostics.CodeAnalysis;
using System.Net.Http.Json;
using System.Text.Json.Nodes;

namespace MeshLib;

/// <summary>Whether a request's body can be sent again, decided before it is sent for the first time.</summary>
internal static class RequestReplay
{
    /// <summary>
    /// For a content that is not replayable as it is. One of known length up to the policy's limit is read into memory when the request may be repeated; one of unknown length
    /// is not, because a stream that turns out longer would be lost.
    /// </summary>
    /// <param name="call">The call.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    public static async ValueTask PrepareAsync(MeshCall call, CancellationToken cancellationToken)
    {
        var content = call.Request.Content!;
        var limit = call.Policy.Policy.Retry.ReplayLimit;
        call.Replayable = false;
        if (!call.Repeatable || limit == 0)
        {
            return;
        }

        // grpc-dotnet writes a unary message anew each time, without telling its length.
        if (content.GetType().Name.StartsWith("PushUnaryContent", StringComparison.Ordinal))
        {
            call.Replayable = true;
        }
        else if (content.Headers.ContentLength <= limit)
        {
            await content.LoadIntoBufferAsync(limit, cancellationToken).ConfigureAwait(false);
            call.Replayable = true;
        }
    }

    /// <summary>Contents that keep their bytes, or make them anew, can be sent again as they are: nearly all of them.</summary>
    public static bool IsReplayable(HttpContent? content) => content switch
    {
        null or ByteArrayContent or ReadOnlyMemoryContent => true,
        JsonContent json => !IsLazy(json.Value),
        MultipartContent parts => parts.All(IsReplayable),
        _ => false,
    };

    // A sequence that makes its items as it is read may have none left when it is read again, and would be sent empty. What is in a collection stays there.
    private static bool IsLazy(object? value) => value is not (null or string or ICollection or JsonNode) && IsMadeWhileRead(value);

    [UnconditionalSuppressMessage("Trimming", "IL2075", Justification = "Where an interface was trimmed away, the serializer does not see it either.")]
    private static bool IsMadeWhileRead(object value)
    {
        var (sequence, collection) = (value is IEnumerable, false);
        foreach (var type in value.GetType().GetInterfaces())
        {
            var definition = type.IsGenericType ? type.GetGenericTypeDefinition() : type;
            sequence |= definition == typeof(IAsyncEnumerable<>);
            collection |= definition == typeof(ICollection<>) || definition == typeof(IReadOnlyCollection<>);
        }

        return sequence && !collection;
    }
}
