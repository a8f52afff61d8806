namespace MeshLib.TestKit;

/// <summary>Serves the requests of one connection, each by the fault in force when it arrives.</summary>
internal static class HttpFaultLoop
{
    public static async Task RunAsync(HttpConnection connection, ServerCounts counts, Func<Fault> fault, Func<TimeSpan> idleLimit, Func<bool> isFrozen, CancellationToken cancellationToken)
    {
        if (fault() is { AtAccept: true } atAccept)
        {
            await atAccept.PlayAsync(new FaultExchange(connection, counts, request: null), cancellationToken).ConfigureAwait(false);
            return;
        }

        var goesOn = true;
        while (goesOn && await ReadHeadAsync(connection, idleLimit(), cancellationToken).ConfigureAwait(false) is { } request)
        {
            if (isFrozen())
            {
                // A half-open connection: the bytes are accepted by the system and nobody is there to read them.
                await connection.DrainAsync(cancellationToken).ConfigureAwait(false);
                return;
            }

            counts.RequestBegins(request);
            try
            {
                goesOn = await AnswerAsync(connection, counts, fault(), request, cancellationToken).ConfigureAwait(false);
            }
            finally
            {
                counts.RequestEnds();
            }
        }
    }

    private static async Task<bool> AnswerAsync(HttpConnection connection, ServerCounts counts, Fault fault, ReceivedRequest request, CancellationToken cancellationToken)
    {
        if (fault.ReadsBody)
        {
            await connection.ReadBodyAsync(request, cancellationToken).ConfigureAwait(false);
            counts.BodyArrived(request.BodyLength);
        }

        var exchange = new FaultExchange(connection, counts, request);
        await fault.PlayAsync(exchange, cancellationToken).ConfigureAwait(false);
        return exchange.KeepsConnection;
    }

    private static async Task<ReceivedRequest?> ReadHeadAsync(HttpConnection connection, TimeSpan idleLimit, CancellationToken cancellationToken)
    {
        using var idle = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        idle.CancelAfter(idleLimit);
        return await connection.ReadHeadAsync(idle.Token).ConfigureAwait(false);
    }
}
