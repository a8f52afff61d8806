using System.Net;

namespace MeshLib;

/// <summary>
/// The mesh itself ended a call. An <see cref="HttpRequestException"/>, so that whoever handles failed requests handles this too;
/// <see cref="HttpRequestException.StatusCode"/> is what a gateway would have answered.
/// </summary>
public class MeshException : HttpRequestException
{
    private protected MeshException(string message, MeshFailure failure, HttpStatusCode status, Exception? inner)
        : base(HttpRequestError.Unknown, message, inner, status)
    {
        Service = failure.Service;
        Reason = failure.Reason;
        Attempts = failure.Attempts;
        Endpoint = failure.Endpoint;
        RetryAfter = failure.RetryAfter;
    }

    /// <summary>The service that was called.</summary>
    public string Service { get; }

    /// <summary>Which rule decided.</summary>
    public OutcomeReason Reason { get; }

    /// <summary>How many attempts were made before the call ended; 0 when it was refused before any.</summary>
    public int Attempts { get; }

    /// <summary>The address of the endpoint tried last, or <see langword="null"/> when none was tried.</summary>
    public Uri? Endpoint { get; }

    /// <summary>When another call may be worth while, where that is known.</summary>
    public TimeSpan? RetryAfter { get; }
}
