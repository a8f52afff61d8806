using System.Globalization;

namespace MeshLib;

/// <summary>Writes the endpoint's address and the mesh's headers into a request before an attempt, and puts the request back afterwards.</summary>
internal static class RequestDispatch
{
    /// <summary>Prepares <paramref name="call"/>'s request for an attempt at <paramref name="endpoint"/>.</summary>
    /// <param name="call">The call.</param>
    /// <param name="endpoint">Where the attempt goes.</param>
    /// <param name="remaining">The time that the server has; <see cref="TimeSpan.MaxValue"/> when there is no limit.</param>
    public static void Prepare(MeshCall call, MeshEndpoint endpoint, TimeSpan remaining)
    {
        Redirect(call, endpoint);
        var request = call.Request;
        if (call.Policy.Policy.External)
        {
            Strip(request);
            return;
        }

        if (remaining != TimeSpan.MaxValue)
        {
            var name = MeshHeaders.Timeout;
            if (call.Grpc)
            {
                name = MeshHeaders.GrpcTimeout;
                call.OwnGrpcTimeout ??= request.Headers.NonValidated.TryGetValues(name, out var own) ? own.ToString() : "";
            }

            request.Headers.Remove(name);
            request.Headers.TryAddWithoutValidation(name, call.Policy.TimeoutHeader(remaining));
        }

        if (call.Attempt > 1)
        {
            request.Headers.Remove(MeshHeaders.Attempt);
            request.Headers.TryAddWithoutValidation(MeshHeaders.Attempt, call.Attempt.ToString(CultureInfo.InvariantCulture));
        }
    }

    /// <summary>Points the request at <paramref name="endpoint"/>.</summary>
    public static void Redirect(MeshCall call, MeshEndpoint endpoint)
    {
        var request = call.Request;
        request.RequestUri = endpoint.UriFor(call.LogicalUri.PathAndQuery);
        if (endpoint.HostName is { } host && request.Headers.Host is null)
        {
            request.Headers.Host = host;
            call.HostStamped = true;
        }
    }

    /// <summary>Gives the request its logical address back: the next attempt, the caller and the caller's handlers know no other.</summary>
    public static void Restore(MeshCall call)
    {
        call.Request.RequestUri = call.LogicalUri;
        if (call.HostStamped)
        {
            call.Request.Headers.Host = null;
            call.HostStamped = false;
        }

        // Whoever sends the request again begins a call of its own. The mesh-timeout of this one would be replaced then: taking it back here would cost every call.
        if (call.Attempt > 1)
        {
            call.Request.Headers.Remove(MeshHeaders.Attempt);
        }

        if (call.OwnGrpcTimeout is { } own)
        {
            call.Request.Headers.Remove(MeshHeaders.GrpcTimeout);
            if (own.Length > 0)
            {
                call.Request.Headers.TryAddWithoutValidation(MeshHeaders.GrpcTimeout, own);
            }
        }
    }

    /// <summary>Takes off a request, which somebody above sends again, what an earlier call of the same request has left there: its report and its headers.</summary>
    public static void Forget(HttpRequestMessage request)
    {
        // Without one the headers, if any, are the caller's own.
        if (((IDictionary<string, object?>)request.Options).Remove(MeshRequestOptions.Call.Key))
        {
            Strip(request);
        }
    }

    /// <summary>Takes the mesh's headers off a request that leaves the mesh: an earlier call may have left one there, when somebody above follows a redirect.</summary>
    public static void Strip(HttpRequestMessage request)
    {
        request.Headers.Remove(MeshHeaders.Timeout);
        request.Headers.Remove(MeshHeaders.Attempt);
    }
}
