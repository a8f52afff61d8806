namespace MeshLib.AspNetCore;

/// <summary>
/// Gives one request a token that fires when its client has gone or its deadline has passed. The entry of the sweep is pooled; the token's source is not, because a
/// handler may keep the token for work that goes on after the request, and that must not be cancelled by the deadline of a stranger's request.
/// </summary>
#pragma warning disable CA1001 // The sources have no timer and are not linked, so there is nothing to dispose of; disposing of one would race its cancellation.
internal sealed class RequestLimit(DeadlineSweep sweep) : SweepEntry
#pragma warning restore CA1001
{
    private CancellationTokenSource? _source;
    private CancellationTokenRegistration _client;

    public CancellationToken Begin(CancellationToken clientGone)
    {
        _source = new CancellationTokenSource();
        _client = clientGone.UnsafeRegister(static source => ((CancellationTokenSource)source!).Cancel(), _source);
        return _source.Token;
    }

    public void End()
    {
        // Not Dispose, which would wait for handlers that the client's going is just now cancelling.
        _client.Unregister();
        _source = null;
    }

    // The callbacks are the application's, and every other deadline of the process waits behind this one.
    protected internal override void OnDue(long now)
    {
        if (_source is { } source)
        {
            sweep.Cancel(source);
        }
    }
}
