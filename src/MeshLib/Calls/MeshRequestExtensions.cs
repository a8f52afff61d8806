namespace MeshLib;

/// <summary>Per-request overrides, and the report of how a call went.</summary>
public static class MeshRequestExtensions
{
    /// <summary>Gives the call a deadline; it can only shorten what policy and the request being served allow.</summary>
    /// <param name="request">The request, not sent yet.</param>
    /// <param name="timeout">The time from when the request is sent. Zero or less is a deadline that has passed: the call ends before any attempt.</param>
    public static void SetMeshDeadline(this HttpRequestMessage request, TimeSpan timeout)
    {
        ArgumentNullException.ThrowIfNull(request);
        request.Options.Set(MeshRequestOptions.Timeout, timeout);
    }

    /// <summary>Gives the call a deadline; it can only shorten what policy and the request being served allow.</summary>
    /// <param name="request">The request, not sent yet.</param>
    /// <param name="deadline">The deadline.</param>
    public static void SetMeshDeadline(this HttpRequestMessage request, Deadline deadline)
    {
        ArgumentNullException.ThrowIfNull(request);
        request.Options.Set(MeshRequestOptions.Deadline, deadline);
    }

    /// <summary>Allows to repeat the request although its method is not safe, or forbids to repeat it although it is.</summary>
    /// <param name="request">The request, not sent yet.</param>
    /// <param name="allow">Whether another attempt may be made after one that the endpoint may have begun to process.</param>
    public static void AllowMeshRetry(this HttpRequestMessage request, bool allow)
    {
        ArgumentNullException.ThrowIfNull(request);
        request.Options.Set(MeshRequestOptions.AllowRetry, allow);
    }

    /// <summary>Lets the request pass the mesh untouched, through whatever other resilience and discovery handlers its client has.</summary>
    /// <param name="request">The request, not sent yet.</param>
    public static void BypassMesh(this HttpRequestMessage request)
    {
        ArgumentNullException.ThrowIfNull(request);
        request.Options.Set(MeshRequestOptions.Bypass, true);
    }

    /// <summary>Sends the request to one endpoint on purpose, whatever its health; it is not retried elsewhere.</summary>
    /// <param name="request">The request, not sent yet.</param>
    /// <param name="address">The endpoint's address as <see cref="MeshEndpoint.Address"/> has it.</param>
    public static void PinMeshEndpoint(this HttpRequestMessage request, Uri address)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(address);
        request.Options.Set(MeshRequestOptions.PinnedEndpoint, address);
    }

    /// <summary>
    /// Keeps the request together with others of the same key: they go to the same instance for as long as it is there, where the service's balancer is <c>RingHash</c> or
    /// <c>Maglev</c>. It goes before the headers and cookies that <c>LoadBalancing:HashKey</c> names.
    /// </summary>
    /// <param name="request">The request, not sent yet.</param>
    /// <param name="key">The key, such as a user or a session.</param>
    /// <exception cref="ArgumentException"><paramref name="key"/> is empty.</exception>
    public static void SetMeshHashKey(this HttpRequestMessage request, string key)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentException.ThrowIfNullOrEmpty(key);
        request.Options.Set(MeshRequestOptions.HashKey, key);
    }

    /// <summary>How the call went that <paramref name="response"/> answers; <see langword="null"/> when it did not go through the mesh.</summary>
    /// <param name="response">The response as the client returned it.</param>
    public static MeshCallReport? GetMeshReport(this HttpResponseMessage response)
    {
        ArgumentNullException.ThrowIfNull(response);
        return response.RequestMessage?.GetMeshReport();
    }

    /// <summary>How the call of <paramref name="request"/> went, also when it ended with an exception; <see langword="null"/> when it did not go through the mesh.</summary>
    /// <param name="request">The request as it was sent.</param>
    public static MeshCallReport? GetMeshReport(this HttpRequestMessage request)
    {
        ArgumentNullException.ThrowIfNull(request);
        return request.Options.TryGetValue(MeshRequestOptions.Call, out var call) ? call.ToReport() : null;
    }
}
