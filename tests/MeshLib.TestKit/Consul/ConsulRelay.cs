using System.Net;
using System.Net.Sockets;
using System.Text;

namespace MeshLib.TestKit;

/// <summary>
/// Stands between a client and an agent, forwards every byte and writes down the requests: what a client under test really asks, which a real agent
/// does not tell. It stays when the agent goes, and then closes each connection at once.
/// </summary>
public sealed class ConsulRelay : IAsyncDisposable
{
    private readonly LoopbackListener _listener;
    private readonly EndPoint _agent;
    private readonly Lock _lock = new();
    private readonly List<RelayedRequest> _requests = [];

    public ConsulRelay(Uri consul)
    {
        ArgumentNullException.ThrowIfNull(consul);
        _agent = new IPEndPoint(IPAddress.Parse(consul.Host), consul.Port);
        _listener = new LoopbackListener(new ServerCounts(), ServeAsync);
    }

    /// <summary>Where to send what is meant for the agent.</summary>
    public Uri Address => new($"http://{_listener.EndPoint}/");

    /// <summary>The requests so far, in the order of their coming.</summary>
    public IReadOnlyList<RelayedRequest> Requests
    {
        get
        {
            lock (_lock)
            {
                return [.. _requests];
            }
        }
    }

    public ValueTask DisposeAsync() => _listener.DisposeAsync();

    private async Task ServeAsync(Socket client, CancellationToken cancellationToken)
    {
        using var agent = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await agent.ConnectAsync(_agent, cancellationToken);

        // One request at a time on a connection, so the last one is the one that is being answered.
        RelayedRequest? current = null;
        var asking = ForwardAsync(client, agent, bytes =>
        {
            if (HeadOf(bytes) is [_, var target, ..])
            {
                current?.End();
                current = new RelayedRequest(target);
                lock (_lock)
                {
                    _requests.Add(current);
                }
            }
        });
        var answering = ForwardAsync(agent, client, _ => current?.End());
        await Task.WhenAny(asking, answering);
        current?.End();
        client.Dispose();
        agent.Dispose();
        await Task.WhenAll(asking, answering);

        async Task ForwardAsync(Socket from, Socket to, Action<ReadOnlyMemory<byte>> see)
        {
            var buffer = new byte[16 * 1024];
            while (await from.ReceiveAsync(buffer, cancellationToken) is var count and > 0)
            {
                see(buffer.AsMemory(0, count));
                await to.SendAsync(buffer.AsMemory(0, count), cancellationToken);
            }
        }
    }

    // The client writes the head of a request at once, and a body is JSON, which begins otherwise.
    private static string[] HeadOf(ReadOnlyMemory<byte> bytes) =>
        bytes.Span.StartsWith("GET "u8) || bytes.Span.StartsWith("PUT "u8) ? Encoding.Latin1.GetString(bytes.Span).Split(' ', 3) : [];
}
