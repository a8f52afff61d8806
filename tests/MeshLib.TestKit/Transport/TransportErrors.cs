using System.Net.Sockets;

namespace MeshLib.TestKit;

/// <summary>The failures of SocketsHttpHandler as measured against the fault server, for tests without a socket.</summary>
public static class TransportErrors
{
    /// <summary>Connection refused: never sent.</summary>
    public static HttpRequestException Refused() =>
        new(HttpRequestError.ConnectionError, "Connection refused", new SocketException((int)SocketError.ConnectionRefused));

    /// <summary>A host name that does not resolve: never sent.</summary>
    public static HttpRequestException NameNotResolved() =>
        new(HttpRequestError.NameResolutionError, "Name or service not known", new SocketException((int)SocketError.HostNotFound));

    /// <summary>A failed TLS handshake: never sent.</summary>
    public static HttpRequestException Tls() =>
        new(HttpRequestError.SecureConnectionError, "The SSL connection could not be established", new System.Security.Authentication.AuthenticationException("The remote certificate is invalid."));

    /// <summary>A reset before the answer: nobody knows whether the request was processed.</summary>
    public static HttpRequestException Reset() =>
        new(HttpRequestError.Unknown, "An error occurred while sending the request.", new IOException("Unable to read data from the transport connection", new SocketException((int)SocketError.ConnectionReset)));

    /// <summary>An answer that is not HTTP.</summary>
    public static HttpRequestException Garbage() => new(HttpRequestError.InvalidResponse, "Received an invalid status line.");

    /// <summary>A body that ends before its length.</summary>
    public static HttpIOException BodyEnded() => new(HttpRequestError.ResponseEnded, "The response ended prematurely.");

    /// <summary>A connection cut in the body.</summary>
    public static IOException BodyReset() => new("Unable to read data from the transport connection", new SocketException((int)SocketError.ConnectionReset));

    /// <summary>The connect timeout of SocketsHttpHandler: never sent, although it looks like a cancellation.</summary>
    public static TaskCanceledException ConnectTimeout() => new("A connection could not be established within the configured ConnectTimeout.", new TimeoutException("A connection could not be established within the configured ConnectTimeout."));

    /// <summary>An HTTP/2 stream that ended with <paramref name="errorCode"/>: 7 (REFUSED_STREAM) was not processed, 2 (INTERNAL_ERROR) may have been.</summary>
    public static HttpRequestException Http2(long errorCode) =>
        new(HttpRequestError.HttpProtocolError, "The HTTP/2 stream failed.", new HttpProtocolException(errorCode, "The HTTP/2 server reset the stream.", null));
}
