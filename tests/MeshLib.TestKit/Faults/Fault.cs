namespace MeshLib.TestKit;

/// <summary>How a <see cref="FaultServer"/> treats a connection or a request. Made by <see cref="Faults"/>, or by a test for its own purpose.</summary>
/// <param name="name">Names the mode in messages.</param>
/// <param name="play">Acts on one request; on one fresh connection when <see cref="AtAccept"/>.</param>
public sealed class Fault(string name, Func<FaultExchange, CancellationToken, Task> play)
{
    /// <summary>The mode's name.</summary>
    public string Name => name;

    /// <summary>Whether it strikes as soon as a connection is accepted, before any byte of a request was read.</summary>
    public bool AtAccept { get; init; }

    /// <summary>Whether the port is closed: connections are refused and open ones reset, as when a process has died.</summary>
    public bool PortIsClosed { get; init; }

    /// <summary>Whether the request's body is read before the fault plays. On by default.</summary>
    public bool ReadsBody { get; init; } = true;

    internal Task PlayAsync(FaultExchange exchange, CancellationToken cancellationToken) => play(exchange, cancellationToken);

    /// <inheritdoc/>
    public override string ToString() => name;
}
