using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace MeshLib.AspNetCore;

/// <summary>
/// The time that a caller still allows, from its headers; the shortest where it sends several. Anyone may send them, because a deadline can only shorten the
/// sender's own request. What is malformed, or there twice, is as if it were absent: guessing could end work that somebody waits for.
/// </summary>
internal static class InboundDeadline
{
    /// <summary>What is left of Envoy's timeout for the request, in milliseconds.</summary>
    private const string EnvoyTimeout = "x-envoy-expected-rq-timeout-ms";

    public static TimeSpan? Read(IHeaderDictionary headers, ServerMetrics metrics)
    {
        TimeSpan? shortest = null;
        Consider(headers[MeshHeaders.Timeout], TimeoutHeader.TryParse);
        Consider(headers[MeshHeaders.GrpcTimeout], TimeoutHeader.TryParse);
        Consider(headers[EnvoyTimeout], TimeoutHeader.TryParseMilliseconds);
        return shortest;

        void Consider(StringValues values, Parser parse)
        {
            if (values.Count == 0)
            {
                return;
            }

            if (values.Count > 1 || !parse(values.ToString(), out var timeout))
            {
                metrics.IgnoredHeader();
                return;
            }

            shortest = shortest < timeout ? shortest : timeout;
        }
    }

    private delegate bool Parser(ReadOnlySpan<char> value, out TimeSpan timeout);
}
