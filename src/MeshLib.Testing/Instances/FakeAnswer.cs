using System.Net;
using System.Net.Sockets;
using System.Text;

namespace MeshLib.Testing;

/// <summary>What a <see cref="FakeInstance"/> does with a request. Immutable: one answer may be given any number of times, by any number of instances.</summary>
public sealed class FakeAnswer
{
    private readonly Func<ReceivedRequest, TimeProvider, CancellationToken, Task<HttpResponseMessage>> _give;

    private FakeAnswer(Func<ReceivedRequest, TimeProvider, CancellationToken, Task<HttpResponseMessage>> give) => _give = give;

    /// <summary>The connection is refused: no instance has seen the request.</summary>
    public static FakeAnswer Refused { get; } = Failing(
        static address => new HttpRequestException(HttpRequestError.ConnectionError, $"Connection refused ({address})", new SocketException((int)SocketError.ConnectionRefused)), accepts: false);

    /// <summary>The connection breaks before the answer: nobody knows whether the request was processed.</summary>
    public static FakeAnswer Reset { get; } = Failing(
        static _ => new HttpRequestException(HttpRequestError.Unknown, "An error occurred while sending the request.", new IOException("Unable to read data from the transport connection", new SocketException((int)SocketError.ConnectionReset))), accepts: true);

    /// <summary>No answer comes, until whoever waits for it gives up.</summary>
    public static FakeAnswer Hang { get; } = new(static async (_, time, cancellationToken) =>
    {
        await Task.Delay(Timeout.InfiniteTimeSpan, time, cancellationToken).ConfigureAwait(false);
        throw new InvalidOperationException("The wait has no end.");
    });

    /// <summary>Whether the request gets as far as the instance.</summary>
    internal bool Accepts { get; private init; } = true;

    /// <summary>Whether the body is for the instance to read; otherwise it is for a handler.</summary>
    private bool ReadsBody { get; init; } = true;

    private TimeSpan Delay { get; init; }

    private IReadOnlyList<(string Name, string Value)> Headers { get; init; } = [];

    /// <summary>200 with a text.</summary>
    /// <param name="text">The body.</param>
    public static FakeAnswer Ok(string text = "") => Status(200, text);

    /// <summary>200 with a body of JSON.</summary>
    /// <param name="json">The body.</param>
    public static FakeAnswer Json(string json) => Text(HttpStatusCode.OK, json, "application/json");

    /// <summary>A status with a text.</summary>
    /// <param name="status">The status.</param>
    /// <param name="text">The body.</param>
    public static FakeAnswer Status(int status, string text = "") => Text((HttpStatusCode)status, text, "text/plain");

    /// <summary>What a function makes of the request.</summary>
    /// <param name="answer">Makes a response of its own for every request; what it throws is thrown as if by the wire.</param>
    public static FakeAnswer By(Func<ReceivedRequest, HttpResponseMessage> answer)
    {
        ArgumentNullException.ThrowIfNull(answer);
        return new((request, _, _) => Task.FromResult(answer(request)));
    }

    /// <inheritdoc cref="By(Func{ReceivedRequest, HttpResponseMessage})"/>
    public static FakeAnswer By(Func<ReceivedRequest, CancellationToken, Task<HttpResponseMessage>> answer)
    {
        ArgumentNullException.ThrowIfNull(answer);
        return new((request, _, cancellationToken) => answer(request, cancellationToken));
    }

    /// <summary>What a handler answers, such as that of a server in memory (<c>WebApplicationFactory.Server.CreateHandler()</c>).</summary>
    /// <param name="handler">The handler; the test disposes of it.</param>
    public static FakeAnswer From(HttpMessageHandler handler)
    {
        ArgumentNullException.ThrowIfNull(handler);
        var invoker = new HttpMessageInvoker(handler, disposeHandler: false);
        return new((request, _, cancellationToken) => invoker.SendAsync(request.Message, cancellationToken)) { ReadsBody = false };
    }

    /// <summary>The same answer, later.</summary>
    /// <param name="delay">How much later, in the host's time.</param>
    public FakeAnswer After(TimeSpan delay) => new(_give) { Accepts = Accepts, ReadsBody = ReadsBody, Delay = delay, Headers = Headers };

    /// <summary>The same answer with one more header.</summary>
    /// <param name="name">Its name, such as <c>Retry-After</c>.</param>
    /// <param name="value">Its value.</param>
    public FakeAnswer WithHeader(string name, string value) => new(_give) { Accepts = Accepts, ReadsBody = ReadsBody, Delay = Delay, Headers = [.. Headers, (name, value)] };

    internal async Task<ReceivedRequest> ReceiveAsync(HttpRequestMessage request, TimeProvider time, CancellationToken cancellationToken)
    {
        var at = time.GetUtcNow();
        if (!ReadsBody || !Accepts || request.Content is not { } content)
        {
            return new(request, default, at);
        }

        // Copied as the wire copies it: to ask the content for its bytes would keep them, and so make a body repeatable that is not.
        using var body = new MemoryStream();
        await content.CopyToAsync(body, cancellationToken).ConfigureAwait(false);
        return new(request, body.ToArray(), at);
    }

    internal async Task<HttpResponseMessage> GiveAsync(ReceivedRequest request, TimeProvider time, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (Delay > TimeSpan.Zero)
        {
            await Task.Delay(Delay, time, cancellationToken).ConfigureAwait(false);
        }

        var response = await _give(request, time, cancellationToken).ConfigureAwait(false);
        foreach (var (name, value) in Headers)
        {
            if (!response.Headers.TryAddWithoutValidation(name, value))
            {
                response.Content.Headers.TryAddWithoutValidation(name, value);
            }
        }

        return response;
    }

    private static FakeAnswer Text(HttpStatusCode status, string text, string mediaType) =>
        new((_, _, _) => Task.FromResult(new HttpResponseMessage(status) { Content = new StringContent(text, Encoding.UTF8, mediaType) }));

    private static FakeAnswer Failing(Func<string, Exception> failure, bool accepts) =>
        new((request, _, _) => Task.FromException<HttpResponseMessage>(failure(request.Address.Authority))) { Accepts = accepts };
}
