using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Shop.Instances;

namespace Shop.Registry;

/// <summary>Registers this instance once it listens, and takes it out before it stops to listen, with time for callers to hear of it.</summary>
internal sealed class MemoryRegistration(InstanceSettings settings, IServer server, TimeProvider time) : IHostedLifecycleService, IDisposable
{
    private static readonly TimeSpan Propagation = TimeSpan.FromMilliseconds(500);
    private readonly HttpClient _http = new() { BaseAddress = settings.MemoryRegistry, Timeout = TimeSpan.FromSeconds(10) };

    public async Task StartedAsync(CancellationToken cancellationToken)
    {
        var address = server.Features.Get<IServerAddressesFeature>()!.Addresses.First();
        var instance = new MemoryInstance(settings.Instance, settings.Service, new Uri(address), settings.Zone);
        using var response = await _http.PutAsJsonAsync($"/instances/{settings.Instance}", instance, cancellationToken);
        response.EnsureSuccessStatusCode();
    }

    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        try
        {
            using var response = await _http.DeleteAsync($"/instances/{settings.Instance}", cancellationToken);
        }
        catch (HttpRequestException)
        {
            // The registry is gone; the instance leaves all the same.
        }

        await Task.Delay(Propagation, time, cancellationToken);
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose() => _http.Dispose();
}
