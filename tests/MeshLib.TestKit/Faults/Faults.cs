namespace MeshLib.TestKit;

/// <summary>The behaviours of a <see cref="FaultServer"/> that still speak proper HTTP: statuses, delays, redirects, and mixtures.</summary>
public static partial class Faults
{
    private static readonly (string Name, string Value)[] s_noHeaders = [];

    /// <summary>200 with the body <c>ok</c>.</summary>
    public static Fault Ok { get; } = Body("ok", "ok");

    /// <summary>Closes the port, as the death of the process does; another mode opens it again.</summary>
    public static Fault Refuse { get; } = new("refuse", static (exchange, _) =>
    {
        exchange.Reset();
        return Task.CompletedTask;
    })
    {
        PortIsClosed = true,
    };

    /// <summary>200 with a text.</summary>
    public static Fault Body(string body, string name = "body") => new(name, (exchange, token) => exchange.RespondAsync(200, body, s_noHeaders, token));

    /// <summary>A status, with headers.</summary>
    public static Fault Status(int status, params (string Name, string Value)[] headers) =>
        new($"status:{status}", (exchange, token) => exchange.RespondAsync(status, $"status {status}", headers, token));

    /// <summary>A status with <c>Retry-After</c>: seconds, a date, or nonsense.</summary>
    public static Fault RetryAfter(string value, int status = 503) => Status(status, ("Retry-After", value));

    /// <summary>A status with a body of <paramref name="bytes"/> bytes: dropping it unread costs the client its connection.</summary>
    public static Fault BigBody(int status = 503, int bytes = 1024 * 1024)
    {
        var body = new string('x', bytes);
        return new($"big:{status}", (exchange, token) => exchange.RespondAsync(status, body, s_noHeaders, token));
    }

    /// <summary>302 to <paramref name="location"/>.</summary>
    public static Fault Redirect(string location) => Status(302, ("Location", location));

    /// <summary>The answer of <paramref name="then"/> (200 when left out) after a time, unless the client has left by then.</summary>
    public static Fault Delay(TimeSpan time, Fault? then = null) => new($"delay:{time.TotalMilliseconds}", async (exchange, token) =>
    {
        if (await exchange.WaitAsync(time, token).ConfigureAwait(false))
        {
            await (then ?? Ok).PlayAsync(exchange, token).ConfigureAwait(false);
        }
    });

    /// <summary>Reads the request and never answers.</summary>
    public static Fault Hang { get; } = new("hang", static (exchange, token) => exchange.HangAsync(token));

    /// <summary>Answers as soon as the head is there, without reading the body, and closes.</summary>
    public static Fault EarlyReply(int status = 413) => new($"early:{status}", async (exchange, token) =>
    {
        await exchange.RespondAsync(status, "too large", [("Connection", "close")], token).ConfigureAwait(false);
        await exchange.FinishAsync(token).ConfigureAwait(false);
    })
    {
        ReadsBody = false,
    };

    /// <summary>Plays <paramref name="fault"/> for a share of the requests, by a seeded choice.</summary>
    public static Fault Sometimes(double share, Fault fault, Fault? otherwise = null, int seed = 1)
    {
        var random = new Random(seed);
        return new($"{share:P0} {fault}", (exchange, token) =>
        {
            bool strikes;
            lock (random)
            {
                strikes = random.NextDouble() < share;
            }

            return (strikes ? fault : otherwise ?? Ok).PlayAsync(exchange, token);
        });
    }

    /// <summary>Plays the faults one after another, one per request; the last one stays.</summary>
    public static Fault Sequence(params Fault[] faults)
    {
        var next = -1;
        return new("sequence", (exchange, token) => faults[Math.Min(Interlocked.Increment(ref next), faults.Length - 1)].PlayAsync(exchange, token));
    }

    /// <summary>Answers the first request of each connection and resets the second: a keep-alive connection that the server gave up just as it was reused.</summary>
    public static Fault StaleKeepAlive { get; } = new("stale", static (exchange, token) =>
    {
        if (exchange.Request is { OnConnection: 1 })
        {
            return Ok.PlayAsync(exchange, token);
        }

        exchange.Reset();
        return Task.CompletedTask;
    });
}
