namespace MeshLib.Consul;

/// <summary>
/// Reads this process's registration back through the catalogue: an agent that has taken it may be unable to hand it on, for ever, while all its
/// answers are 200. The same answer shows what a killed predecessor has left at this address and port. Belongs to one loop.
/// </summary>
internal sealed class CatalogueCheck(RegistrationContext context)
{
    // Heartbeats wait for this read, and a server without a leader holds it for seven seconds.
    private static readonly TimeSpan ReadLimit = TimeSpan.FromSeconds(3);

    // An agent that changes servers hands its entries on after up to 22 s; looked at on every heartbeat, the warning comes within 30 s.
    private static readonly TimeSpan MissingLimit = TimeSpan.FromSeconds(20);

    private static readonly TimeSpan LongestInterval = TimeSpan.FromMinutes(1);

    private long _nextAt = long.MinValue;
    private long? _missingSince;

    // A predecessor that was killed just before this start is critical one TTL later: looking then leaves one entry within a minute.
    private TimeSpan Interval => context.Options.Ttl + context.Options.Heartbeat is var soon && soon < LongestInterval ? soon : LongestInterval;

    /// <summary>Has the next <see cref="LookAsync"/> read, since something has changed.</summary>
    public void Hurry() => _nextAt = long.MinValue;

    /// <summary>Reads, when it is time to. A catalogue that cannot be read says nothing, and is asked again at the next heartbeat.</summary>
    public async Task LookAsync(InstanceAddress address, CancellationToken cancellationToken)
    {
        if (context.Clock.Now() < _nextAt)
        {
            return;
        }

        using var limit = new CancellationTokenSource(ReadLimit, context.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            var rows = await context.Client.FindAsync(new HealthQuery(context.Definition.Service, Filter: $"Service.Port == {address.Port}"), either.Token).ConfigureAwait(false);
            await ApplyAsync(rows, address, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is ConsulException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            Hurry();
        }
    }

    private async Task ApplyAsync(IReadOnlyList<HealthEntry?> rows, InstanceAddress address, CancellationToken cancellationToken)
    {
        var now = context.Clock.Now();
        var own = rows.FirstOrDefault(row => row?.Service?.Id == context.Definition.Id && (address.Host ?? "") == (row.Service.Address ?? ""));
        if (own is null)
        {
            _missingSince ??= now;
            if (context.Clock.Between(_missingSince.Value, now) is var missingFor && missingFor >= MissingLimit)
            {
                context.Signals.Missing(context.Definition, missingFor);
            }

            Hurry();
            return;
        }

        _nextAt = context.Clock.After(now, Interval);
        _missingSince = null;
        context.Signals.Listed(context.Definition);

        // Two processes cannot listen at one address and port. That the other is critical too keeps the peace where they only seem to, as containers
        // with the same port behind one agent do.
        foreach (var row in rows.Where(row => row?.Service?.Id is { Length: > 0 } id && id != context.Definition.Id && row.Node?.Node == own.Node?.Node && HostOf(row) == HostOf(own) && IsCritical(row)))
        {
            await context.Client.DeregisterServiceAsync(row!.Service!.Id!, cancellationToken).ConfigureAwait(false);
            context.Signals.PredecessorRemoved(context.Definition, row.Service.Id!);
        }
    }

    private static string? HostOf(HealthEntry row) => row.Service?.Address is { Length: > 0 } address ? address : row.Node?.Address;

    private static bool IsCritical(HealthEntry row) => row.Status >= InstanceStatus.Critical;
}
