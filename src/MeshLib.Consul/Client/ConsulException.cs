using System.Net;

namespace MeshLib.Consul;

/// <summary>
/// Consul could not be asked, or gave no usable answer. <see cref="HttpRequestException.StatusCode"/> is its status where it answered; the message
/// holds the first 200 characters of its text and never a token.
/// </summary>
public sealed class ConsulException : HttpRequestException
{
    internal ConsulException(ConsulFailure failure, string message, Exception? inner = null, HttpStatusCode? status = null)
        : base(HttpRequestErrorOf(failure, inner), message, inner, status)
    {
        Failure = failure;
    }

    internal ConsulFailure Failure { get; }

    /// <summary>How long Consul asks to wait before the next request, where it said so.</summary>
    public TimeSpan? RetryAfter { get; internal init; }

    /// <summary>The start of the answer's text, for telling Consul's errors of the same status apart.</summary>
    internal string Text { get; init; } = "";

    /// <summary>Whether the servers are there and have no leader, as they say after they have looked for one for seven seconds.</summary>
    internal bool LacksLeader => Failure is ConsulFailure.ServerError && Text.Contains("No cluster leader", StringComparison.OrdinalIgnoreCase);

    private static HttpRequestError HttpRequestErrorOf(ConsulFailure failure, Exception? inner) => (failure, inner) switch
    {
        (_, HttpRequestException { HttpRequestError: var error }) => error,
        (_, HttpIOException { HttpRequestError: var error }) => error,
        (ConsulFailure.Unreachable, _) => HttpRequestError.ConnectionError,
        (ConsulFailure.InvalidAnswer, _) => HttpRequestError.InvalidResponse,
        (ConsulFailure.TooLarge, _) => HttpRequestError.ConfigurationLimitExceeded,
        _ => HttpRequestError.Unknown,
    };
}
