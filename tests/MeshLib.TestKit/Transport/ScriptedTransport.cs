using System.Collections.Concurrent;
using System.Net;
using System.Threading.Channels;

namespace MeshLib.TestKit;

/// <summary>
/// A primary handler under the test's control. Either the test takes each outgoing attempt (<see cref="NextAsync"/>) and answers it, or a function answers
/// them all (<see cref="Answer(Func{ScriptedRequest, HttpResponseMessage})"/>). It counts attempts where a server would.
/// </summary>
public sealed class ScriptedTransport : HttpMessageHandler
{
    private readonly Channel<ScriptedExchange> _waiting = Channel.CreateUnbounded<ScriptedExchange>();
    private readonly ConcurrentQueue<ScriptedRequest> _requests = new();
    private readonly ConcurrentQueue<ScriptedBody> _bodies = new();
    private Func<ScriptedRequest, CancellationToken, ValueTask<HttpResponseMessage>>? _answer;
    private int _attempts;
    private int _inFlight;
    private int _maxInFlight;
    private int _cancelled;

    /// <summary>Whether request bodies are read and kept; also consumes them as the wire would. Off by default.</summary>
    public bool CaptureBodies { get; set; }

    /// <summary>Whether answers arrive on another thread after the call has really suspended. On by default; off measures the synchronous path.</summary>
    public bool AnswersAsynchronously { get; set; } = true;

    /// <summary>Whether the handler was disposed, as the factory does with a rotated chain.</summary>
    public bool IsDisposed { get; private set; }

    /// <summary>All attempts so far.</summary>
    public int Attempts => Volatile.Read(ref _attempts);

    /// <summary>Attempts without an answer yet.</summary>
    public int InFlight => Volatile.Read(ref _inFlight);

    /// <summary>The most attempts that were in flight at once.</summary>
    public int MaxInFlight => Volatile.Read(ref _maxInFlight);

    /// <summary>Attempts that ended because their token was cancelled.</summary>
    public int Cancelled => Volatile.Read(ref _cancelled);

    /// <summary>All attempts so far, in the order of their arrival.</summary>
    public IReadOnlyList<ScriptedRequest> Requests => [.. _requests];

    /// <summary>The bodies of all responses made with <see cref="Response(int, ScriptedBody, ValueTuple{string, string}[])"/> or an exchange's Respond that were handed out.</summary>
    public IReadOnlyList<ScriptedBody> Bodies => [.. _bodies];

    /// <summary>Attempts per endpoint (scheme, host and port).</summary>
    public IReadOnlyDictionary<string, int> AttemptsPerEndpoint => _requests.CountBy(request => request.Endpoint).ToDictionary();

    /// <summary>Attempts per logical call, as named by <see cref="ScriptedRequest.IdHeader"/>.</summary>
    public IReadOnlyDictionary<string, int> AttemptsPerId => _requests.Where(request => request.Id is not null).CountBy(request => request.Id!).ToDictionary();

    /// <summary>Attempts to one endpoint, given as <c>http://host:port</c>.</summary>
    public int AttemptsTo(string endpoint) => _requests.Count(request => request.Endpoint == endpoint);

    /// <summary>A response with a tracked body.</summary>
    public static HttpResponseMessage Response(int status, string body = "", params (string Name, string Value)[] headers) => Response(status, ScriptedBody.Of(body), headers);

    /// <inheritdoc cref="Response(int, string, ValueTuple{string, string}[])"/>
    public static HttpResponseMessage Response(int status, ScriptedBody body, params (string Name, string Value)[] headers)
    {
        ArgumentNullException.ThrowIfNull(headers);
        var response = new HttpResponseMessage((HttpStatusCode)status) { Content = body };
        foreach (var (name, value) in headers)
        {
            if (!response.Headers.TryAddWithoutValidation(name, value))
            {
                response.Content.Headers.TryAddWithoutValidation(name, value);
            }
        }

        return response;
    }

    /// <summary>The next attempt that no function answers, within the hang limit.</summary>
    public Task<ScriptedExchange> NextAsync() => _waiting.Reader.ReadAsync().WithinHangLimit(description: "the next outgoing attempt");

    /// <summary>Takes an attempt that waits already.</summary>
    public bool TryNext(out ScriptedExchange? exchange) => _waiting.Reader.TryRead(out exchange);

    /// <summary>From now on answers every attempt by a function; null puts the test back in charge.</summary>
    public void Answer(Func<ScriptedRequest, HttpResponseMessage>? answer) =>
        _answer = answer is null ? null : (request, _) => ValueTask.FromResult(answer(request));

    /// <inheritdoc cref="Answer(Func{ScriptedRequest, HttpResponseMessage})"/>
    public void Answer(Func<ScriptedRequest, CancellationToken, ValueTask<HttpResponseMessage>>? answer) => _answer = answer;

    /// <summary>From now on answers every attempt with a status and a text.</summary>
    public void AnswerWith(int status, string body = "") => Answer(_ => Response(status, body));

    /// <inheritdoc/>
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var number = Interlocked.Increment(ref _attempts);
        Enter();
        try
        {
            var snapshot = await ScriptedRequest.SnapshotAsync(request, number, CaptureBodies).ConfigureAwait(false);
            _requests.Enqueue(snapshot);
            var response = await (_answer is { } answer ? AnsweredAsync(answer, snapshot, cancellationToken) : ScriptedAsync(snapshot, cancellationToken)).ConfigureAwait(false);
            response.RequestMessage ??= request;
            if (response.Content is ScriptedBody body)
            {
                _bodies.Enqueue(body);
            }

            return response;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            Interlocked.Increment(ref _cancelled);
            throw;
        }
        finally
        {
            Interlocked.Decrement(ref _inFlight);
        }
    }

    /// <inheritdoc/>
    protected override HttpResponseMessage Send(HttpRequestMessage request, CancellationToken cancellationToken) =>
        SendAsync(request, cancellationToken).GetAwaiter().GetResult();

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        IsDisposed = true;
        base.Dispose(disposing);
    }

    private async Task<HttpResponseMessage> AnsweredAsync(
        Func<ScriptedRequest, CancellationToken, ValueTask<HttpResponseMessage>> answer,
        ScriptedRequest request,
        CancellationToken cancellationToken)
    {
        if (AnswersAsynchronously)
        {
            await Task.Yield();
            cancellationToken.ThrowIfCancellationRequested();
        }

        return await answer(request, cancellationToken).ConfigureAwait(false);
    }

    private Task<HttpResponseMessage> ScriptedAsync(ScriptedRequest request, CancellationToken cancellationToken)
    {
        var exchange = new ScriptedExchange(request, AnswersAsynchronously, cancellationToken);
        _waiting.Writer.TryWrite(exchange);
        return exchange.Answer;
    }

    private void Enter()
    {
        var now = Interlocked.Increment(ref _inFlight);
        for (var seen = Volatile.Read(ref _maxInFlight); now > seen; seen = Volatile.Read(ref _maxInFlight))
        {
            Interlocked.CompareExchange(ref _maxInFlight, now, seen);
        }
    }
}
