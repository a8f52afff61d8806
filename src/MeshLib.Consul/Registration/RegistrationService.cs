using Microsoft.Extensions.Hosting;

namespace MeshLib.Consul;

/// <summary>
/// Ties the registration to the life of the host: it begins after the server listens and never holds up or fails the start; at the stop, this process
/// is taken out of Consul and waits for the news to spread before the server stops taking calls.
/// </summary>
/// <param name="loop">The registration, or <see langword="null"/> when this process does not register itself.</param>
/// <param name="drainDelay">How long the news takes.</param>
/// <param name="time">The clock of that wait.</param>
internal sealed class RegistrationService(RegistrationLoop? loop, TimeSpan drainDelay, TimeProvider time) : IHostedLifecycleService, IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private Task _running = Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken)
    {
        if (loop is not null)
        {
            // Whoever starts the host may have a trace or a deadline of its own, which must not live as long as the host.
            using (ExecutionContext.SuppressFlow())
            {
                _running = Task.Run(() => loop.RunAsync(_stop.Token), CancellationToken.None);
            }
        }

        return Task.CompletedTask;
    }

    // Before any service stops, the server among them: it still answers all who have not heard of it.
    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (loop is not null && await loop.WithdrawAsync(cancellationToken).ConfigureAwait(false))
        {
            await Task.Delay(drainDelay, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose()
    {
        // A host that is disposed without a stop leaves its entry to the TTL, as a killed process does.
        _stop.Cancel();
        _stop.Dispose();
    }
}
