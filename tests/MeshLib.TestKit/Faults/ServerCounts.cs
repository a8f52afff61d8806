using System.Collections.Concurrent;

namespace MeshLib.TestKit;

/// <summary>What really reached a server: the truth that a client's own figures are measured against. Thread-safe.</summary>
public sealed class ServerCounts
{
    private readonly ConcurrentQueue<ReceivedRequest> _received = new();
    private readonly ConcurrentDictionary<string, int> _attemptsPerId = new(StringComparer.Ordinal);
    private int _requests;
    private int _active;
    private int _maxActive;
    private int _connections;
    private int _open;
    private int _maxOpen;
    private int _abandoned;
    private int _bodies;
    private long _bodyBytes;
    private int _failedHandshakes;

    /// <summary>Requests whose head arrived whole: every attempt, hidden retries of the client's handler included.</summary>
    public int Requests => Volatile.Read(ref _requests);

    /// <summary>Requests being worked on.</summary>
    public int Active => Volatile.Read(ref _active);

    /// <summary>The most requests that were worked on at once.</summary>
    public int MaxActive => Volatile.Read(ref _maxActive);

    /// <summary>Connections accepted so far.</summary>
    public int Connections => Volatile.Read(ref _connections);

    /// <summary>Connections open now.</summary>
    public int OpenConnections => Volatile.Read(ref _open);

    /// <summary>The most connections that were open at once.</summary>
    public int MaxOpenConnections => Volatile.Read(ref _maxOpen);

    /// <summary>Requests whose client left before the answer was written.</summary>
    public int Abandoned => Volatile.Read(ref _abandoned);

    /// <summary>Request bodies that arrived whole and were not empty.</summary>
    public int BodiesReceived => Volatile.Read(ref _bodies);

    /// <summary>The bytes of request bodies.</summary>
    public long BodyBytes => Volatile.Read(ref _bodyBytes);

    /// <summary>TLS handshakes that did not succeed.</summary>
    public int FailedHandshakes => Volatile.Read(ref _failedHandshakes);

    /// <summary>All requests so far, in the order of their arrival.</summary>
    public IReadOnlyList<ReceivedRequest> Received => [.. _received];

    /// <summary>Attempts per logical call, as named by the header <see cref="ScriptedRequest.IdHeader"/>.</summary>
    public IReadOnlyDictionary<string, int> AttemptsPerId => _attemptsPerId;

    internal void ConnectionOpened()
    {
        Interlocked.Increment(ref _connections);
        RaiseTo(ref _maxOpen, Interlocked.Increment(ref _open));
    }

    internal void ConnectionClosed() => Interlocked.Decrement(ref _open);

    internal void RequestBegins(ReceivedRequest request)
    {
        Interlocked.Increment(ref _requests);
        RaiseTo(ref _maxActive, Interlocked.Increment(ref _active));
        _received.Enqueue(request);
        if (request.Id is { } id)
        {
            _attemptsPerId.AddOrUpdate(id, 1, static (_, count) => count + 1);
        }
    }

    internal void RequestEnds() => Interlocked.Decrement(ref _active);

    internal void RequestAbandoned() => Interlocked.Increment(ref _abandoned);

    internal void BodyArrived(long bytes)
    {
        if (bytes > 0)
        {
            Interlocked.Increment(ref _bodies);
            Interlocked.Add(ref _bodyBytes, bytes);
        }
    }

    internal void HandshakeFailed() => Interlocked.Increment(ref _failedHandshakes);

    private static void RaiseTo(ref int maximum, int value)
    {
        for (var seen = Volatile.Read(ref maximum); value > seen; seen = Volatile.Read(ref maximum))
        {
            Interlocked.CompareExchange(ref maximum, value, seen);
        }
    }
}
