using System.Text.Json;
using MeshLib;
using Microsoft.Extensions.ServiceDiscovery;

namespace Shop.Registry;

/// <summary>Follows one service of the memory registry by long poll. While the registry is away, the last list stays.</summary>
internal sealed class MemoryEndpointProvider : IServiceEndpointProvider
{
    private static readonly TimeSpan RetryDelay = TimeSpan.FromMilliseconds(200);

    private readonly HttpClient _http;
    private readonly string _service;
    private readonly CancellationTokenSource _end = new();
    private readonly TaskCompletionSource _first = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task _loop;
    private volatile Edition _edition = new([]);

    public MemoryEndpointProvider(Uri registry, string service)
    {
        _http = new HttpClient { BaseAddress = registry };
        _service = service;
        _loop = FollowAsync();
    }

    public async ValueTask PopulateAsync(IServiceEndpointBuilder endpoints, CancellationToken cancellationToken)
    {
        await _first.Task.WaitAsync(cancellationToken);

        // An edition holds its list and its change token together, so that no change falls between them.
        var edition = _edition;
        endpoints.AddChangeToken(edition.Replaced);
        foreach (var instance in edition.Instances)
        {
            var endpoint = ServiceEndpoint.Create(new UriEndPoint(instance.Address));
            endpoint.Features.Set(new EndpointMetadata { Id = instance.Id, Zone = instance.Zone });
            endpoints.Endpoints.Add(endpoint);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _loop.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _end.Dispose();
        _http.Dispose();
    }

    private async Task FollowAsync()
    {
        var seen = 0L;
        while (!_end.IsCancellationRequested)
        {
            try
            {
                var list = await _http.GetFromJsonAsync<MemoryList>($"/services/{_service}?after={seen}", _end.Token);
                if (list!.Generation != seen)
                {
                    seen = list.Generation;
                    Publish(list.Instances);
                }
            }
            catch (OperationCanceledException) when (_end.IsCancellationRequested)
            {
                return;
            }
            catch (Exception away) when (away is HttpRequestException or IOException or JsonException)
            {
                await Task.Delay(RetryDelay, TimeProvider.System, _end.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private void Publish(IReadOnlyList<MemoryInstance> instances)
    {
        var old = _edition;
        if (!instances.SequenceEqual(old.Instances))
        {
            _edition = new Edition(instances);
            old.Replaced.OnReload();
        }

        _first.TrySetResult();
    }

    /// <summary>A list, and the token that tells of the next one.</summary>
    private sealed record Edition(IReadOnlyList<MemoryInstance> Instances)
    {
        public ConfigurationReloadToken Replaced { get; } = new();
    }
}
