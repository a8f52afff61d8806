namespace MeshLib.TestKit;

/// <content>Connections that break: before, in and after the head of an answer.</content>
public static partial class Faults
{
    /// <summary>Resets each connection as it is accepted.</summary>
    public static Fault ResetAtAccept { get; } = new("reset at accept", static (exchange, _) => Resetting(exchange)) { AtAccept = true };

    /// <summary>Closes each connection in an orderly way as it is accepted.</summary>
    public static Fault FinAtAccept { get; } = new("fin at accept", static (exchange, token) => exchange.FinishAsync(token)) { AtAccept = true };

    /// <summary>Accepts and never reads.</summary>
    public static Fault HangAtAccept { get; } = new("hang at accept", static (exchange, token) => exchange.HangAsync(token)) { AtAccept = true };

    /// <summary>Resets after the request was read: it may have been processed.</summary>
    public static Fault ResetBeforeAnswer { get; } = new("reset before answer", static (exchange, _) => Resetting(exchange));

    /// <summary>Closes after the request was read, without a byte of an answer.</summary>
    public static Fault FinBeforeAnswer { get; } = new("fin before answer", static (exchange, token) => exchange.FinishAsync(token));

    /// <summary>Resets in the middle of the answer's head.</summary>
    public static Fault ResetInHeaders { get; } = Partial("reset in headers", "HTTP/1.1 200 OK\r\nContent-Len", ending: Ending.Reset);

    /// <summary>Resets in the middle of a body of known length.</summary>
    public static Fault ResetInBody { get; } = Partial("reset in body", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf of it", Ending.Reset);

    /// <summary>Closes in the middle of a body of known length.</summary>
    public static Fault FinInBody { get; } = Partial("fin in body", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf of it", Ending.Fin);

    /// <summary>Closes in the middle of a chunked body, before its last chunk.</summary>
    public static Fault FinInChunkedBody { get; } = Partial("fin in chunked body", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhalf \r\n", Ending.Fin);

    /// <summary>Sends the head and half of a body of known length, then nothing.</summary>
    public static Fault StalledBody { get; } = Partial("stalled body", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf of it", Ending.Hang);

    /// <summary>Sends the head and one chunk, then nothing.</summary>
    public static Fault StalledChunkedBody { get; } = Partial("stalled chunked body", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhalf \r\n", Ending.Hang);

    private enum Ending
    {
        Reset,
        Fin,
        Hang,
    }

    private static Fault Partial(string name, string bytes, Ending ending) => new(name, async (exchange, token) =>
    {
        await exchange.WriteAsync(bytes, token).ConfigureAwait(false);
        if (ending == Ending.Reset)
        {
            // A reset right behind the bytes makes the client's system drop what it has not read yet; let it read first.
            await exchange.WaitAsync(TimeSpan.FromMilliseconds(20), token).ConfigureAwait(false);
        }

        await (ending switch
        {
            Ending.Reset => Resetting(exchange),
            Ending.Fin => exchange.FinishAsync(token),
            _ => exchange.HangAsync(token),
        }).ConfigureAwait(false);
    });

    private static Task Resetting(FaultExchange exchange)
    {
        exchange.Reset();
        return Task.CompletedTask;
    }
}
