using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using MeshLib.TestKit;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

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
        : this(consul, service, static _ => { }, settings)
    {
    }

    public MeshCaller(Uri consul, string service, Action<IHttpClientBuilder> configure, params (string Key, string Value)[] settings)
    {
        Service = service;
        (string Key, string Value)[] all = [("Consul:Address", consul.ToString()), .. settings];
        var services = new ServiceCollection();
        services.AddSingleton<IConfiguration>(new ConfigurationBuilder()
            .AddInMemoryCollection(all.Select(static pair => KeyValuePair.Create("Mesh:" + pair.Key, (string?)pair.Value))).Build());
        services.AddMesh();
        services.AddConsulServiceEndpointProvider();
        configure(services.AddMeshClient(service));
        services.AddHealthChecks().AddMeshHealthChecks();
        services.AddLogging();
        _services = services.BuildServiceProvider();
        Metrics = new MeterRecorder(_services.GetRequiredService<IMeterFactory>());
        _client = _services.GetRequiredService<IHttpClientFactory>().CreateClient(service);
    }

    public string Service { get; }

    public MeterRecorder Metrics { get; }

    /// <summary>Calls made by <see cref="StartLoad"/>.</summary>
    public int Calls => Volatile.Read(ref _calls);

    /// <summary>Calls of <see cref="StartLoad"/> that failed.</summary>
    public IReadOnlyCollection<Exception> Failures => _failures;

    public MeshServiceView? View => _services.GetRequiredService<IMeshDirectory>().Services.FirstOrDefault(view => view.Name == Service);

    /// <summary>The ports of the endpoints in use.</summary>
    public IReadOnlyCollection<int> Ports => [.. View?.Endpoints.Select(static endpoint => endpoint.Address.Port) ?? []];

    /// <summary>How often the endpoints in use have changed.</summary>
    public double Changes => Metrics.Sum("mesh.discovery.updates", ("outcome", "applied"));

    /// <summary>The staleness gauge.</summary>
    public TimeSpan StaleFor => TimeSpan.FromSeconds(Assert.Single(Metrics.Observe("mesh.discovery.staleness")).Value);

    public Task<string> CallAsync() => CallAsync(TestContext.Current.CancellationToken);

    public Task<string> CallAsync(CancellationToken cancellationToken) => _client.GetStringAsync(new Uri("/", UriKind.Relative), cancellationToken);

    /// <summary>What this application tells those who ask whether it is ready.</summary>
    public async Task<HealthStatus> HealthAsync() => (await _services.GetRequiredService<HealthCheckService>().CheckHealthAsync(TestContext.Current.CancellationToken)).Status;

    public Task WarmUpAsync() => _services.GetRequiredService<IMeshDirectory>().WarmUpAsync([Service], TestContext.Current.CancellationToken);

    /// <summary>Waits until exactly these hosts are in use.</summary>
    public Task UntilUsesAsync(TimeSpan limit, params RegisteredHost[] hosts) =>
        Eventually.BecomesTrueAsync(() => Ports.Order().SequenceEqual(hosts.Select(static host => host.Port).Order()), limit, $"{Service} has {hosts.Length} endpoints, those that run");

    public Task UntilUsesAsync(params RegisteredHost[] hosts) => UntilUsesAsync(HangLimit.Default, hosts);

    /// <summary>Waits until what is known of the endpoints is up to date.</summary>
    public Task UntilFreshAsync(TimeSpan limit) => Eventually.BecomesTrueAsync(() => StaleFor == TimeSpan.Zero, limit, $"the endpoints of {Service} are up to date");

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
        Metrics.Dispose();
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
