namespace MeshLib.TestKit;

/// <content>Answers that are not HTTP, or HTTP at a strange pace.</content>
public static partial class Faults
{
    /// <summary>What stands behind the body of <see cref="ShortLength"/>: a whole answer that belongs to nobody.</summary>
    public const string Poison = "POISONED";

    /// <summary>More body than the Content-Length says; the surplus is an answer that a client must not take for its next one.</summary>
    public static Fault ShortLength { get; } = Raw("short length", $"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nHELLOHTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\n{Poison}");

    /// <summary>Bytes that are not HTTP.</summary>
    public static Fault Garbage { get; } = Raw("garbage", "\0\u0001\u0002\u0003 no such protocol \u00ff\u00fe\r\n\r\n");

    /// <summary>A status line without a proper status.</summary>
    public static Fault BadStatusLine { get; } = Raw("bad status line", "HTTP/1.1 2x0 Fine\r\nContent-Length: 0\r\n\r\n");

    /// <summary>A chunk whose size is no number.</summary>
    public static Fault BadChunk { get; } = Raw("bad chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n0\r\n\r\n");

    /// <summary>Two Content-Length headers that differ.</summary>
    public static Fault TwoContentLengths { get; } = Raw("two content lengths", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!");

    /// <summary>More header bytes than any client should take.</summary>
    public static Fault HugeHeaders { get; } = Raw("huge headers", $"HTTP/1.1 200 OK\r\nx-huge: {new string('h', 256 * 1024)}\r\nContent-Length: 0\r\n\r\n");

    /// <summary>Interim answers without end.</summary>
    public static Fault EndlessInformational { get; } = new("endless 1xx", static async (exchange, token) =>
    {
        while (true)
        {
            await exchange.WriteAsync("HTTP/1.1 103 Early Hints\r\nLink: </style.css>\r\n\r\n", token).ConfigureAwait(false);
        }
    });

    /// <summary>The head of a good answer, some bytes at a time.</summary>
    public static Fault SlowHeaders(TimeSpan pause, int bytesAtATime = 4) =>
        new("slow headers", (exchange, token) => DribbleAsync(exchange, "", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", bytesAtATime, pause, token));

    /// <summary>A good head at once, then <paramref name="pieces"/> pieces of a body of known length.</summary>
    public static Fault SlowBody(TimeSpan pause, int pieces, int bytesAtATime = 1) => new("slow body", (exchange, token) =>
        DribbleAsync(exchange, $"HTTP/1.1 200 OK\r\nContent-Length: {pieces * bytesAtATime}\r\n\r\n", new string('s', pieces * bytesAtATime), bytesAtATime, pause, token));

    /// <summary>A chunked answer: no length is known beforehand.</summary>
    public static Fault Chunked(TimeSpan pause, params string[] chunks) => new("chunked", async (exchange, token) =>
    {
        await exchange.WriteAsync("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", token).ConfigureAwait(false);
        foreach (var chunk in chunks)
        {
            await exchange.WriteAsync($"{chunk.Length:x}\r\n{chunk}\r\n", token).ConfigureAwait(false);
            if (pause > TimeSpan.Zero && !await exchange.WaitAsync(pause, token).ConfigureAwait(false))
            {
                return;
            }
        }

        await exchange.WriteAsync("0\r\n\r\n", token).ConfigureAwait(false);
    });

    /// <summary>Server-sent events, one per <paramref name="interval"/>, until the client leaves.</summary>
    public static Fault ServerSentEvents(TimeSpan interval) => new("sse", async (exchange, token) =>
    {
        await exchange.WriteAsync("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n", token).ConfigureAwait(false);
        for (var number = 1; ; number++)
        {
            var text = $"data: {number}\n\n";
            await exchange.WriteAsync($"{text.Length:x}\r\n{text}\r\n", token).ConfigureAwait(false);
            if (!await exchange.WaitAsync(interval, token).ConfigureAwait(false))
            {
                return;
            }
        }
    });

    private static Fault Raw(string name, string bytes) => new(name, (exchange, token) => exchange.WriteAsync(bytes, token));

    private static async Task DribbleAsync(FaultExchange exchange, string atOnce, string slowly, int bytesAtATime, TimeSpan pause, CancellationToken cancellationToken)
    {
        await exchange.WriteAsync(atOnce, cancellationToken).ConfigureAwait(false);
        for (var sent = 0; sent < slowly.Length; sent += bytesAtATime)
        {
            if (!await exchange.WaitAsync(pause, cancellationToken).ConfigureAwait(false))
            {
                return;
            }

            await exchange.WriteAsync(slowly.Substring(sent, Math.Min(bytesAtATime, slowly.Length - sent)), cancellationToken).ConfigureAwait(false);
        }
    }
}
