using System.Net;

namespace MeshLib;

/// <summary>
/// So many calls to the service are under way that this one was refused without an attempt (<c>Bulkhead:MaxConcurrency</c>, <c>Bulkhead:MaxQueue</c>).
/// <see cref="HttpRequestException.StatusCode"/> is 503.
/// </summary>
public sealed class BulkheadRejectedException : MeshException
{
    internal BulkheadRejectedException(MeshFailure failure, int limit)
        : base($"{limit} calls to '{failure.Service}' are under way, the limit of its bulkhead, and its queue is full.", failure, HttpStatusCode.ServiceUnavailable, null)
    {
    }
}
