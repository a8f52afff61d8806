using System.Collections.Concurrent;
using MeshLib.TestKit;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace MeshLib.Consul.Tests;

/// <summary>An application that calls one service through the mesh, with its endpoints from a real Consul.</summary>
internal sealed class MeshCaller : IAsyncDisposable
{
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(10);

    private readonly ServiceProvider _services;
    private readonly HttpClient _client;
    private readonly ConcurrentQueue<Exception> _failures = new();
    private readonly CancellationTokenSource _end = new();
    private Task _load = Task.CompletedTask;
    private int _calls;

    public MeshCaller(Uri consul, string service, params (string Key, string Value)[] settings)
    {
        Service = service;
        (string Key, string Value)[] all = [("Consul:Address", consul.ToString()), .. settings];
        var services = new ServiceCollection();
        services.AddSingleton<IConfiguration>(new ConfigurationBuilder()
            .AddInMemoryCollection(all.Select(static pair => KeyValuePair.Create("Mesh:" + pair.Key, (string?)pair.Value))).Build());
        services.AddMesh();
        services.AddConsulServiceEndpointProvider();
        services.AddMeshClient(service);
        _services = services.BuildServiceProvider();
        _client = _services.GetRequiredService<IHttpClientFactory>().CreateClient(service);
    }

    public string Service { get; }

    /// <summary>Calls made by <see cref="StartLoad"/>.</summary>
    public int Calls => Volatile.Read(ref _calls);

    /// <summary>Calls of <see cref="StartLoad"/> that failed.</summary>
    public IReadOnlyCollection<Exception> Failures => _failures;

    public MeshServiceView? View => _services.GetRequiredService<IMeshDirectory>().Services.FirstOrDefault(view => view.Name == Service);

    /// <summary>The ports of the endpoints in use.</summary>
    public IReadOnlyCollection<int> Ports => [.. View?.Endpoints.Select(static endpoint => endpoint.Address.Port) ?? []];

    public Task<string> CallAsync() => _client.GetStringAsync(new Uri("/", UriKind.Relative), TestContext.Current.CancellationToken);

    public Task WarmUpAsync() => _services.GetRequiredService<IMeshDirectory>().WarmUpAsync([Service], TestContext.Current.CancellationToken);

    /// <summary>Waits until exactly these hosts are in use.</summary>
    public Task UntilUsesAsync(TimeSpan limit, params RegisteredHost[] hosts) =>
        Eventually.BecomesTrueAsync(() => Ports.Order().SequenceEqual(hosts.Select(static host => host.Port).Order()), limit, $"{Service} has {hosts.Length} endpoints, those that run");

    public Task UntilUsesAsync(params RegisteredHost[] hosts) => UntilUsesAsync(HangLimit.Default, hosts);

    /// <summary>Calls all the time, until <see cref="StopLoadAsync"/>.</summary>
    /// <param name="parallel">How many calls are under way at once.</param>
    public void StartLoad(int parallel = 2) => _load = Task.WhenAll(Enumerable.Range(0, parallel).Select(_ => Task.Run(CallAllTheTimeAsync)));

    /// <summary>Ends the load and fails if one call of it has failed.</summary>
    public async Task StopLoadAsync()
    {
        await _end.CancelAsync();
        await _load.WithinHangLimit();
        Assert.True(_failures.IsEmpty, $"{_failures.Count} of {Calls} calls failed, the first with: {_failures.FirstOrDefault()}");
        Assert.True(Calls > 0);
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _load;
        _end.Dispose();
        await _services.DisposeAsync();
    }

    private async Task CallAllTheTimeAsync()
    {
        while (!_end.IsCancellationRequested)
        {
            try
            {
                Interlocked.Increment(ref _calls);
                await CallAsync();
            }
            catch (Exception e) when (e is HttpRequestException or OperationCanceledException)
            {
                _failures.Enqueue(e);
            }

            await Task.Delay(Pace, TimeProvider.System, CancellationToken.None);
        }
    }
}
