using System.Collections.Concurrent;

namespace Shop.Registry;

/// <summary>
/// A registry inside the driver, for machines without Consul. Three calls on loopback: <c>PUT</c> and <c>DELETE /instances/{id}</c>, and
/// <c>GET /services/{name}?after=N</c>, which answers as soon as the list is newer than <c>N</c>. It knows no health: who dies unannounced stays listed.
/// </summary>
internal sealed class MemoryRegistry : IRegistry
{
    private static readonly TimeSpan LongPoll = TimeSpan.FromSeconds(10);

    private readonly ConcurrentDictionary<string, MemoryInstance> _instances = new();
    private volatile Generation _generation = new(1);
    private WebApplication? _app;

    public string Name => "memory";

    public string Settings => "in the driver's memory; the instances and all stacks reach it through the same provider, by long poll";

    public Uri Address { get; private set; } = new("http://127.0.0.1:0");

    public Uri? MemoryAddress => Address;

    public IEnumerable<string> InstanceArguments => ["--Mesh:Consul:Enabled=false"];

    public void AddDiscovery(IServiceCollection services) => services.AddMemoryServiceEndpointProvider(Address);

    public Task<IReadOnlyCollection<string>> ListAsync(string service, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyCollection<string>>([.. Of(service).Select(instance => instance.Address.Authority)]);

    public Task ForgetAsync(string service, Uri instance, CancellationToken cancellationToken)
    {
        foreach (var dead in Of(service).Where(listed => listed.Address == instance))
        {
            _instances.TryRemove(dead.Id, out _);
        }

        Change();
        return Task.CompletedTask;
    }

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls(Address.ToString());
        _app = builder.Build();
        _app.MapPut("/instances/{id}", (string id, MemoryInstance instance) =>
        {
            _instances[id] = instance;
            Change();
        });
        _app.MapDelete("/instances/{id}", (string id) =>
        {
            _instances.TryRemove(id, out _);
            Change();
        });
        _app.MapGet("/services/{name}", FollowAsync);
        await _app.StartAsync(cancellationToken);
        Address = new Uri(_app.Urls.First());
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        if (_app is { } app)
        {
            _app = null;
            await app.StopAsync(new CancellationToken(canceled: true));
            await app.DisposeAsync();
        }
    }

    public async ValueTask DisposeAsync() => await StopAsync(CancellationToken.None);

    private async Task<MemoryList> FollowAsync(string name, long after, CancellationToken cancelled)
    {
        var generation = _generation;
        if (generation.Number <= after)
        {
            await Task.WhenAny(generation.Ended, Task.Delay(LongPoll, TimeProvider.System, cancelled));
            generation = _generation;
        }

        return new MemoryList(generation.Number, [.. Of(name)]);
    }

    private IEnumerable<MemoryInstance> Of(string service) => _instances.Values.Where(instance => instance.Service == service);

    private void Change()
    {
        var ended = _generation;
        _generation = new Generation(ended.Number + 1);
        ended.End();
    }

    private sealed class Generation(long number)
    {
        private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public long Number => number;

        public Task Ended => _ended.Task;

        public void End() => _ended.TrySetResult();
    }
}
