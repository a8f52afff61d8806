using System.Globalization;
using System.Net;

namespace MeshLib;

/// <summary>
/// The call's time is up: its <c>Timeout</c>, a deadline set for it, or one inherited from the request being served. The inner exception is a
/// <see cref="TimeoutException"/>, as with <see cref="HttpClient.Timeout"/>. <see cref="HttpRequestException.StatusCode"/> is 504.
/// </summary>
public sealed class DeadlineExceededException : MeshException
{
    internal DeadlineExceededException(MeshFailure failure, TimeSpan limit, Exception? cause = null)
        : base(Describe(failure, limit), failure, HttpStatusCode.GatewayTimeout, new TimeoutException(Describe(failure, limit), cause))
    {
    }

    private static string Describe(MeshFailure failure, TimeSpan limit)
    {
        var what = failure.Reason == OutcomeReason.DeadlineExceeded ? "deadline" : failure.Reason == OutcomeReason.ReadIdleTimeout ? "read-idle timeout" : "timeout";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"The call to '{failure.Service}' ran over its {what} of {Math.Max(0, limit.TotalMilliseconds):0} ms; attempts made: {failure.Attempts}{(failure.Endpoint is null ? "" : $", the last at {failure.Endpoint}")}.");
    }
}
