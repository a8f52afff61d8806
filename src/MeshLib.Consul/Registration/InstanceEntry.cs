namespace MeshLib.Consul;

/// <summary>This process's entry at the agent: made, kept alive, taken away. Belongs to one flow, so that no two writes overlap.</summary>
internal sealed class InstanceEntry(RegistrationContext context, InstanceAddress address, string? zoneOfNode)
{
    // Half of it for saying "not ready", so that an agent which hangs on that is still told to deregister.
    private static readonly TimeSpan WithdrawalLimit = TimeSpan.FromSeconds(2);

    private readonly InstanceDefinition _definition = context.Definition;

    public InstanceAddress Address => address;

    /// <summary>Registers, or changes what is registered. Consul asks for the first heartbeat at once: an initial status alone does not survive a restart of the agent.</summary>
    /// <returns>Whether the agent still knew it an instant later.</returns>
    public async Task<bool> RegisterAsync(string status, CancellationToken cancellationToken)
    {
        await context.Client.RegisterServiceAsync(_definition.Describe(context.Options, address, zoneOfNode, status), cancellationToken).ConfigureAwait(false);
        return await BeatAsync(status, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Tells whether this process is ready.</summary>
    /// <returns>Whether the agent knows the instance; if not, it must be registered again.</returns>
    public Task<bool> BeatAsync(string status, CancellationToken cancellationToken) => context.Client.UpdateCheckAsync(_definition.CheckId, status, Text(status), cancellationToken);

    /// <summary>Takes this instance out: first out of every list of healthy ones, then away. Tries for two seconds at most.</summary>
    /// <returns>Whether Consul has been told.</returns>
    public async Task<bool> WithdrawAsync(CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(WithdrawalLimit, context.Time);
        using var all = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            await SayNotReadyAsync(all.Token).ConfigureAwait(false);
            await context.Client.DeregisterServiceAsync(_definition.Id, all.Token).ConfigureAwait(false);
            context.Signals.Withdrawn(_definition);
            return true;
        }
        catch (Exception e) when (e is ConsulException or OperationCanceledException)
        {
            context.Signals.NotWithdrawn(_definition, e is ConsulException ? e.Message : $"Consul at {context.Client.Address} did not answer within {WithdrawalLimit.TotalSeconds:0} s.");
            return false;
        }
    }

    private async Task SayNotReadyAsync(CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(WithdrawalLimit / 2, context.Time);
        using var half = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            await BeatAsync(CheckStatus.Critical, half.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is ConsulException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            // Deregistering says it too.
        }
    }

    // A text that stays the same: one that changes is written to the catalogue every time, and reaches nobody.
    private static string Text(string status) => status switch
    {
        CheckStatus.Passing => "ready",
        CheckStatus.Warning => "ready, but degraded",
        _ => "not ready",
    };
}
