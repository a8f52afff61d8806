namespace MeshLib.Consul;

/// <summary>
/// Keeps this process registered: one loop, one request at a time. Whatever has failed, the next thing it does is to register again, which costs
/// nothing where it was not needed.
/// </summary>
/// <param name="context">What is shared with its parts.</param>
/// <param name="readiness">Whether this process is ready.</param>
/// <param name="listen">Tells where the server listens, or <see langword="null"/> when there is none.</param>
/// <param name="addresses">Chooses what is registered of that.</param>
/// <param name="random">The source of jitter.</param>
internal sealed class RegistrationLoop(RegistrationContext context, Readiness readiness, IMeshListenAddress? listen, AddressChoice addresses, Random random)
{
    // However often an agent forgets, it is not flooded; and a process that has never been ready is asked again this soon.
    private static readonly TimeSpan ShortestInterval = TimeSpan.FromSeconds(1);

    private readonly CatalogueCheck _catalogue = new(context);
    private InstanceEntry? _entry;
    private bool _announced;
    private bool _registered;
    private bool _everReady;
    private long? _registeredAt;
    private int _failures;

    /// <summary>Waits for the server, registers and keeps it up until it is cancelled; ends early only when there is no address to register.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            TimeSpan pause;
            try
            {
                _entry ??= await PrepareAsync(cancellationToken).ConfigureAwait(false);
                if (_entry is null)
                {
                    return;
                }

                pause = await BeatAsync(_entry, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception e) when (e is ConsulException or System.Net.Sockets.SocketException)
            {
                // After any failure the agent may have restarted meanwhile, without its data.
                _registered = false;
                context.Signals.Failed(context.Definition, e);
                pause = RegistrationPause.After(e, ++_failures, random);
            }
            catch (Exception e) when (!cancellationToken.IsCancellationRequested)
            {
                context.Signals.Faulted(e);
                pause = context.Options.Heartbeat;
            }

            await Task.Delay(pause, context.Time, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Takes the registration away; called after <see cref="RunAsync"/> has ended. Tries for two seconds at most.</summary>
    /// <returns>Whether Consul has been told; not when there was nothing to tell.</returns>
    public async Task<bool> WithdrawAsync(CancellationToken cancellationToken) =>
        _announced && await _entry!.WithdrawAsync(cancellationToken).ConfigureAwait(false);

    private async Task<InstanceEntry?> PrepareAsync(CancellationToken cancellationToken)
    {
        var listening = listen is null ? [] : await listen.WaitAsync(cancellationToken).ConfigureAwait(false);
        if (listening.Count == 0 && context.Options.Port is null)
        {
            // A worker. A port set by hand is what says that there is something to register all the same.
            context.Signals.ListensNowhere(context.Definition);
            return null;
        }

        var address = await addresses.ChooseAsync(listening, cancellationToken).ConfigureAwait(false);
        if (address is null)
        {
            context.Signals.NowhereToReach(context.Definition, listening.Count == 0 ? "nothing" : string.Join(", ", listening));
            return null;
        }

        var known = context.Definition.Zone is not null || context.Options.Meta.ContainsKey(InstanceDefinition.ZoneKey);
        return new InstanceEntry(context, address, known ? null : await context.ZoneOfNode.FindZoneAsync(cancellationToken).ConfigureAwait(false));
    }

    /// <returns>How long until the next heartbeat.</returns>
    private async Task<TimeSpan> BeatAsync(InstanceEntry entry, CancellationToken cancellationToken)
    {
        var began = context.Clock.Now();
        var status = await readiness.AskAsync(cancellationToken).ConfigureAwait(false);
        _everReady |= status != CheckStatus.Critical;
        if (_registered && !await entry.BeatAsync(status, cancellationToken).ConfigureAwait(false))
        {
            _registered = false;
            context.Signals.Forgotten(context.Definition);
        }

        if (!_registered)
        {
            if (_registeredAt is { } last && ShortestInterval - context.Clock.Between(last, context.Clock.Now()) is var early && early > TimeSpan.Zero)
            {
                return early;
            }

            if (!await RegisterAsync(entry, status, cancellationToken).ConfigureAwait(false))
            {
                return ShortestInterval;
            }
        }

        context.Signals.Answered(context.Definition, _failures);
        _failures = 0;
        await _catalogue.LookAsync(entry.Address, cancellationToken).ConfigureAwait(false);

        // From the start of this heartbeat, so that a slow agent does not stretch the interval towards the TTL.
        var interval = _everReady || context.Options.Heartbeat < ShortestInterval ? context.Options.Heartbeat : ShortestInterval;
        var rest = interval - context.Clock.Between(began, context.Clock.Now());
        return rest > TimeSpan.Zero ? rest : TimeSpan.Zero;
    }

    private async Task<bool> RegisterAsync(InstanceEntry entry, string status, CancellationToken cancellationToken)
    {
        _registeredAt = context.Clock.Now();

        // Before the request: one that is cut off may have arrived.
        _announced = true;
        _registered = await entry.RegisterAsync(status, cancellationToken).ConfigureAwait(false);
        if (_registered)
        {
            context.Signals.Registered(context.Definition, entry.Address);
            _catalogue.Hurry();
        }

        return _registered;
    }
}
