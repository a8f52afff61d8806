using System.Globalization;
using System.Net;

namespace MeshLib;

/// <summary>
/// No endpoint of the service can be called now: none is known that may get calls, discovery has not answered, or every breaker is open
/// (then <see cref="MeshException.RetryAfter"/> is the time to the next probe). <see cref="HttpRequestException.StatusCode"/> is 503.
/// </summary>
public sealed class NoEndpointAvailableException : MeshException
{
    internal NoEndpointAvailableException(MeshFailure failure, Exception? inner = null)
        : base(Describe(failure), failure, HttpStatusCode.ServiceUnavailable, inner)
    {
    }

    private static string Describe(MeshFailure failure) => failure.Reason switch
    {
        OutcomeReason.AllEndpointsOpen => string.Create(
            CultureInfo.InvariantCulture,
            $"Every endpoint of '{failure.Service}' is cut off after failures; the next probe is due in {failure.RetryAfter?.TotalMilliseconds ?? 0:0} ms."),
        OutcomeReason.PinnedEndpointUnknown => $"The request is pinned to '{failure.Endpoint}', which is not an endpoint of '{failure.Service}'.",
        OutcomeReason.DiscoveryFailed => $"The endpoints of '{failure.Service}' are not known yet: discovery has not answered.",
        _ => $"No endpoint of '{failure.Service}' is known that may get calls.",
    };
}
