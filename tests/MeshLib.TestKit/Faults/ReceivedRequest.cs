namespace MeshLib.TestKit;

/// <summary>One request as a server received it.</summary>
public sealed class ReceivedRequest
{
    private long _bodyLength = -1;

    /// <summary>The method.</summary>
    public required string Method { get; init; }

    /// <summary>The request target as sent.</summary>
    public required string Target { get; init; }

    /// <summary>The headers, repeated ones joined with a comma.</summary>
    public required IReadOnlyDictionary<string, string> Headers { get; init; }

    /// <summary>The number of the request on its connection, from 1.</summary>
    public required int OnConnection { get; init; }

    /// <summary>When the head had arrived, on the system's monotonic clock.</summary>
    public long Arrived { get; } = TimeProvider.System.GetTimestamp();

    /// <summary>The value of <see cref="ScriptedRequest.IdHeader"/>.</summary>
    public string? Id => Header(ScriptedRequest.IdHeader);

    /// <summary>The length of the body that arrived; -1 while it has not arrived whole.</summary>
    public long BodyLength
    {
        get => Volatile.Read(ref _bodyLength);
        internal set => Volatile.Write(ref _bodyLength, value);
    }

    /// <summary>A header's value, or null.</summary>
    public string? Header(string name) => Headers.TryGetValue(name, out var value) ? value : null;
}
