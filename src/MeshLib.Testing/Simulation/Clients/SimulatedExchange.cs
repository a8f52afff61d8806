using System.Net;
using System.Net.Sockets;

namespace MeshLib.Testing.Simulation;

/// <summary>A request on the simulated network: it ends with what the server does, or with its token. What waits for it goes on at once, on the one thread.</summary>
internal sealed class SimulatedExchange : VirtualEvent
{
    private readonly HttpRequestMessage _request;
    private readonly ServerAnswer _answer;
    private readonly TaskCompletionSource<HttpResponseMessage> _response = new();
    private readonly CancellationTokenRegistration _cancellation;

    public SimulatedExchange(HttpRequestMessage request, in ServerAnswer answer, CancellationToken cancellationToken)
    {
        _request = request;
        _answer = answer;
        _cancellation = cancellationToken.UnsafeRegister(static (self, token) => ((SimulatedExchange)self!)._response.TrySetCanceled(token), this);
    }

    public Task<HttpResponseMessage> Response => _response.Task;

    public override void Happen()
    {
        _cancellation.Dispose();
        switch (_answer.Fate)
        {
            case ServerFate.Refused:
                _response.TrySetException(new HttpRequestException(HttpRequestError.ConnectionError, "Connection refused.", new SocketException((int)SocketError.ConnectionRefused)));
                break;
            case ServerFate.Reset:
                _response.TrySetException(new HttpRequestException(HttpRequestError.Unknown, "Connection reset.", new SocketException((int)SocketError.ConnectionReset)));
                break;
            default:
                _response.TrySetResult(new HttpResponseMessage((HttpStatusCode)_answer.Status) { RequestMessage = _request });
                break;
        }
    }
}
