using System.Net;

namespace MeshLib.TestKit;

/// <summary>One attempt that waits for the test's answer. Left alone it hangs, as a dead server does, until its token is cancelled.</summary>
public sealed class ScriptedExchange
{
    private readonly TaskCompletionSource<HttpResponseMessage> _answer;
    private readonly TaskCompletionSource _cancelled = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenRegistration _registration;
    private bool _deaf;

    internal ScriptedExchange(ScriptedRequest request, bool answerAsynchronously, CancellationToken cancellationToken)
    {
        Request = request;
        CancellationToken = cancellationToken;
        _answer = new(answerAsynchronously ? TaskCreationOptions.RunContinuationsAsynchronously : TaskCreationOptions.None);
        _registration = cancellationToken.Register(static state => ((ScriptedExchange)state!).OnCancelled(), this);
    }

    /// <summary>What was sent.</summary>
    public ScriptedRequest Request { get; }

    /// <summary>The token that the mesh passed to the transport.</summary>
    public CancellationToken CancellationToken { get; }

    /// <summary>Completes when <see cref="CancellationToken"/> is cancelled before an answer was given.</summary>
    public Task Cancelled => _cancelled.Task;

    /// <summary>Whether the attempt has ended, in whatever way.</summary>
    public bool IsOver => _answer.Task.IsCompleted;

    /// <summary>The body of the response given by <see cref="Respond(int, string, ValueTuple{string, string}[])"/>.</summary>
    public ScriptedBody? Body { get; private set; }

    internal Task<HttpResponseMessage> Answer => _answer.Task;

    /// <summary>Answers with a status and a text.</summary>
    /// <returns>The body, which tells whether it was read and disposed.</returns>
    public ScriptedBody Respond(int status, string body = "", params (string Name, string Value)[] headers) => Respond(status, ScriptedBody.Of(body), headers);

    /// <summary>Answers with a status and a scripted body.</summary>
    public ScriptedBody Respond(int status, ScriptedBody body, params (string Name, string Value)[] headers)
    {
        Respond(ScriptedTransport.Response(status, body, headers));
        return body;
    }

    /// <summary>Answers with a response of the test's own making.</summary>
    public void Respond(HttpResponseMessage response)
    {
        ArgumentNullException.ThrowIfNull(response);
        response.RequestMessage ??= Request.Message;
        Body = response.Content as ScriptedBody;
        _registration.Unregister();
        if (!_answer.TrySetResult(response))
        {
            // The attempt was given up meanwhile; a real handler drops the late response likewise.
            response.Dispose();
        }
    }

    /// <summary>Ends the attempt with <paramref name="exception"/>.</summary>
    public void Fail(Exception exception)
    {
        _registration.Unregister();
        _answer.TrySetException(exception);
    }

    /// <summary>Ends the attempt as a refused connection does: certainly never sent.</summary>
    public void Refuse() => Fail(TransportErrors.Refused());

    /// <summary>Says that no answer will come; cancelling the token still ends the attempt.</summary>
    /// <param name="ignoringCancellation">Whether not even that does, as with a handler that ignores its token.</param>
    public void Hang(bool ignoringCancellation = false) => Volatile.Write(ref _deaf, ignoringCancellation);

    private void OnCancelled()
    {
        if (!_answer.Task.IsCompleted)
        {
            _cancelled.TrySetResult();
        }

        if (!Volatile.Read(ref _deaf))
        {
            _answer.TrySetException(new TaskCanceledException("The attempt was cancelled.", null, CancellationToken));
        }
    }
}
