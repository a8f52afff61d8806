using System.Globalization;
using Shop.Instances;
using Shop.Registry;
using Shop.Roles;

namespace Shop.Processes;

/// <summary>The instances of the shop's services: starts them, breaks them, ends them.</summary>
internal sealed class Fleet(IRegistry registry) : IAsyncDisposable
{
    private static readonly (string Service, string Zone)[] Plan =
    [
        (Role.Catalog, "eu-1a"), (Role.Catalog, "eu-1a"), (Role.Catalog, "eu-1b"),
        (Role.Pricing, "eu-1a"), (Role.Pricing, "eu-1a"), (Role.Pricing, "eu-1b"),
        (Role.Inventory, "eu-1a"), (Role.Inventory, "eu-1b"),
        (Role.Storefront, "eu-1a"),
    ];

    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan SettleLimit = TimeSpan.FromSeconds(45);
    private static readonly TimeSpan Glance = TimeSpan.FromMilliseconds(50);

    private readonly List<Instance> _instances = [];
    private readonly List<ShopProcess> _processes = [];
    private readonly HttpClient _control = new() { Timeout = TimeSpan.FromSeconds(5) };
    private readonly string _folder = Directory.CreateTempSubdirectory("shop-").FullName;
    private int _started;

    public IReadOnlyList<Instance> Of(string service)
    {
        lock (_instances)
        {
            return [.. _instances.Where(instance => instance.Service == service)];
        }
    }

    /// <summary>Starts everything and waits until the registry knows it.</summary>
    public async Task OpenAsync(CancellationToken cancellationToken)
    {
        await Task.WhenAll(Plan.Select(one => StartAsync(one.Service, one.Zone, cancellationToken)));
        await Task.WhenAll(Plan.Select(one => one.Service).Distinct().Select(service => SettleAsync(service, cancellationToken)));
    }

    public async Task<Instance> StartAsync(string service, string? zone, CancellationToken cancellationToken)
    {
        var number = Interlocked.Increment(ref _started);
        var name = string.Create(CultureInfo.InvariantCulture, $"{service}-{number}");
        var settings = new InstanceSettings(service, name, zone, TallyOf(name), registry.MemoryAddress, number);
        var process = ShopProcess.Start(name, service, ["--urls=http://127.0.0.1:0", "--Logging:LogLevel:Default=Warning", .. settings.ToArguments(), .. registry.InstanceArguments]);
        lock (_processes)
        {
            _processes.Add(process);
        }

        var instance = new Instance(service, name, zone, process, await process.AddressAsync(StartLimit, cancellationToken));
        lock (_instances)
        {
            _instances.Add(instance);
        }

        return instance;
    }

    /// <summary>SIGKILL. The registry is not told.</summary>
    public async Task KillAsync(Instance instance)
    {
        Remove(instance);
        await instance.Process.KillAsync();
    }

    /// <summary>SIGTERM, drain, exit, and a new process at another address.</summary>
    public async Task RestartAsync(Instance instance, CancellationToken cancellationToken)
    {
        Remove(instance);
        await instance.Process.TerminateAsync(cancellationToken);
        await StartAsync(instance.Service, instance.Zone, cancellationToken);
        await SettleAsync(instance.Service, cancellationToken);
    }

    public async Task SetFaultAsync(Instance instance, Fault fault, CancellationToken cancellationToken)
    {
        using var response = await _control.PutAsync(new Uri(instance.Address, $"/control/fault/{fault}"), content: null, cancellationToken);
        response.EnsureSuccessStatusCode();
    }

    /// <summary>Waits until the registry lists the running instances of a service, all of them and no other.</summary>
    public async Task SettleAsync(string service, CancellationToken cancellationToken)
    {
        var started = TimeProvider.System.GetTimestamp();
        while (true)
        {
            HashSet<string> running = [.. Of(service).Select(instance => instance.Address.Authority)];
            var listed = await registry.ListAsync(service, cancellationToken);
            if (running.SetEquals(listed))
            {
                return;
            }

            if (TimeProvider.System.GetElapsedTime(started) > SettleLimit)
            {
                throw new TimeoutException($"The registry lists {string.Join(", ", listed)} for {service}; running are {string.Join(", ", running)}.");
            }

            await Task.Delay(Glance, TimeProvider.System, cancellationToken);
        }
    }

    /// <summary>Requests that have reached any instance of a service, dead ones included.</summary>
    public long Received(string service) =>
        new DirectoryInfo(_folder).EnumerateFiles(service + "-*").Sum(tally => tally.Length);

    /// <summary>Requests that have reached one instance.</summary>
    public long Received(Instance instance) => new FileInfo(TallyOf(instance.Name)) is { Exists: true } tally ? tally.Length : 0;

    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(_processes.Select(process => process.DisposeAsync().AsTask()));
        _control.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private string TallyOf(string instance) => Path.Combine(_folder, instance);

    private void Remove(Instance instance)
    {
        lock (_instances)
        {
            _instances.Remove(instance);
        }
    }
}
