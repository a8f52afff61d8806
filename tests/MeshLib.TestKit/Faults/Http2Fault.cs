namespace MeshLib.TestKit;

/// <summary>How an <see cref="Http2FaultServer"/> treats requests.</summary>
public sealed class Http2Fault
{
    private const int NoError = 0;
    private const int InternalError = 2;
    private const int RefusedStream = 7;
    private const int EnhanceYourCalmCode = 11;

    private readonly Func<Http2Exchange, CancellationToken, Task> _play;

    private Http2Fault(string name, Func<Http2Exchange, CancellationToken, Task> play)
    {
        Name = name;
        _play = play;
    }

    /// <summary>200 with the body <c>ok</c>.</summary>
    public static Http2Fault Ok { get; } = Status(200);

    /// <summary>GOAWAY with last stream id 0: nothing was processed, so everything may be sent again.</summary>
    public static Http2Fault GoAwayUnprocessed { get; } = new("goaway 0", static (exchange, token) => exchange.LeaveAsync(0, NoError, token));

    /// <summary>GOAWAY with last stream id 0 and the wish to be left in peace.</summary>
    public static Http2Fault EnhanceYourCalm { get; } = new("enhance your calm", static (exchange, token) => exchange.LeaveAsync(0, EnhanceYourCalmCode, token));

    /// <summary>RST_STREAM REFUSED_STREAM: this request was not processed.</summary>
    public static Http2Fault Refused { get; } = new("refused stream", static (exchange, token) => exchange.ResetAsync(RefusedStream, token));

    /// <summary>RST_STREAM INTERNAL_ERROR: this request may have been processed.</summary>
    public static Http2Fault ResetInternal { get; } = new("reset internal", static (exchange, token) => exchange.ResetAsync(InternalError, token));

    /// <summary>From the first request on, the connection is half-open: no frame is answered, pings included.</summary>
    public static Http2Fault Dead { get; } = new("dead", static (exchange, _) =>
    {
        exchange.Die();
        return Task.CompletedTask;
    });

    /// <summary>Never answers a request, but is alive: pings are answered.</summary>
    public static Http2Fault Stall { get; } = new("stall", static (_, _) => Task.CompletedTask);

    /// <summary>Resets the TCP connection.</summary>
    public static Http2Fault ResetConnection { get; } = new("reset connection", static (exchange, _) =>
    {
        exchange.ResetConnection();
        return Task.CompletedTask;
    });

    /// <summary>The mode's name.</summary>
    public string Name { get; }

    /// <summary>A status with the body <c>ok</c>.</summary>
    public static Http2Fault Status(int status) => new($"status:{status}", (exchange, token) => exchange.RespondAsync(status, "ok", token));

    /// <summary>200 after a time.</summary>
    public static Http2Fault Delay(TimeSpan time) => new($"delay:{time.TotalMilliseconds}", async (exchange, token) =>
    {
        await Task.Delay(time, TimeProvider.System, token).ConfigureAwait(false);
        await exchange.RespondAsync(200, "ok", token).ConfigureAwait(false);
    });

    /// <summary>Answers <paramref name="requests"/> requests of each connection, announces its end at the last of them, and closes when those are answered.</summary>
    public static Http2Fault GoAwayAfter(int requests) => new($"goaway after {requests}", (exchange, token) => exchange.Number switch
    {
        _ when exchange.Number < requests => exchange.RespondAsync(200, "ok", token),
        _ when exchange.Number == requests => exchange.RespondLastAsync(token),

        // Beyond the announced last stream: not processed, and the client knows it.
        _ => Task.CompletedTask,
    });

    internal Task PlayAsync(Http2Exchange exchange, CancellationToken cancellationToken) => _play(exchange, cancellationToken);

    /// <inheritdoc/>
    public override string ToString() => Name;
}
