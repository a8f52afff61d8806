using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Shop.Arguments;
using Shop.Processes;
using Shop.Roles;

namespace Shop.Registry;

/// <summary>A real Consul: one agent in development mode, which forgets everything when it ends, as every registry might.</summary>
internal sealed class ConsulRegistry : IRegistry
{
    private const string Heartbeat = "00:00:02";
    private const string Ttl = "00:00:10";
    private const string DrainDelay = "00:00:01";
    private static readonly TimeSpan ReadyLimit = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan Glance = TimeSpan.FromMilliseconds(50);

    private readonly string _binary;
    private readonly int[] _ports = FreePorts(3);
    private readonly HttpClient _http;
    private ShopProcess? _agent;
    private string? _version;

    public ConsulRegistry(string binary)
    {
        _binary = binary;
        Address = new Uri(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{_ports[0]}"));
        _http = new HttpClient { BaseAddress = Address, Timeout = TimeSpan.FromSeconds(10) };
    }

    public string Name => "consul";

    public string Settings =>
        $"Consul {_version}, one agent with -dev; the instances register with a TTL of 10 s, a heartbeat every 2 s and a drain delay of 1 s; all stacks discover through AddConsulServiceEndpointProvider()";

    public Uri Address { get; }

    public Uri? MemoryAddress => null;

    public IEnumerable<string> InstanceArguments =>
    [
        $"--Mesh:Consul:Address={Address}",
        $"--Mesh:Registration:Ttl={Ttl}",
        $"--Mesh:Registration:Heartbeat={Heartbeat}",
        $"--Mesh:Registration:DrainDelay={DrainDelay}",
    ];

    public void AddDiscovery(IServiceCollection services) =>
        services.AddConsulServiceEndpointProvider(options => options.Address = Address.ToString());

    public async Task<IReadOnlyCollection<string>> ListAsync(string service, CancellationToken cancellationToken)
    {
        try
        {
            var entries = await GetAsync<List<HealthEntry>>($"/v1/health/service/{service}?passing", cancellationToken);
            return [.. entries.Select(entry => string.Create(CultureInfo.InvariantCulture, $"{entry.Service.Address}:{entry.Service.Port}"))];
        }
        catch (HttpRequestException)
        {
            return [];
        }
    }

    public async Task ForgetAsync(string service, Uri instance, CancellationToken cancellationToken)
    {
        foreach (var (id, registered) in await GetAsync<Dictionary<string, Registered>>("/v1/agent/services", cancellationToken))
        {
            if (registered.Service == service && registered.Port == instance.Port)
            {
                using var response = await _http.PutAsync(new Uri($"/v1/agent/service/deregister/{Uri.EscapeDataString(id)}", UriKind.Relative), content: null, cancellationToken);
                response.EnsureSuccessStatusCode();
            }
        }
    }

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        _agent = ShopProcess.Start("consul", Guard.Name,
        [
            _binary, "agent", "-dev", $"-node=shop-{_ports[0]}", "-bind=127.0.0.1", "-client=127.0.0.1",
            $"-http-port={_ports[0]}", $"-server-port={_ports[1]}", $"-serf-lan-port={_ports[2]}",
            "-serf-wan-port=-1", "-grpc-port=-1", "-dns-port=-1", "-log-level=err", "-hcl=disable_update_check=true",
        ]);
        await ReadyAsync(cancellationToken);
        _version ??= (await GetAsync<Self>("/v1/agent/self", cancellationToken)).Config.Version;
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        if (_agent is { } agent)
        {
            _agent = null;
            await agent.DisposeAsync();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync(CancellationToken.None);
        _http.Dispose();
    }

    // An agent answers before it has a leader; it is ready when it lists itself.
    private async Task ReadyAsync(CancellationToken cancellationToken)
    {
        var started = TimeProvider.System.GetTimestamp();
        while ((await ListAsync("consul", cancellationToken)).Count == 0)
        {
            if (_agent is not { HasEnded: false } || TimeProvider.System.GetElapsedTime(started) > ReadyLimit)
            {
                throw new UsageException($"Consul ({_binary}) did not become ready. {_agent?.LastWords()}");
            }

            await Task.Delay(Glance, TimeProvider.System, cancellationToken);
        }
    }

    private async Task<T> GetAsync<T>(string path, CancellationToken cancellationToken)
        where T : class =>
        await _http.GetFromJsonAsync<T>(path, cancellationToken) ?? throw new InvalidOperationException($"Consul answered null to {path}.");

    /// <summary>Ports that the system has just handed out: with <c>-http-port=0</c> Consul would switch its API off.</summary>
    private static int[] FreePorts(int count)
    {
        TcpListener[] listeners = [.. Enumerable.Range(0, count).Select(_ => new TcpListener(IPAddress.Loopback, 0))];
        Array.ForEach(listeners, listener => listener.Start());
        int[] ports = [.. listeners.Select(listener => ((IPEndPoint)listener.LocalEndpoint).Port)];
        Array.ForEach(listeners, listener => listener.Stop());
        return ports;
    }

    private sealed record HealthEntry(Registered Service);

    private sealed record Registered(string Service, string Address, int Port);

    private sealed record Self(AgentConfig Config);

    private sealed record AgentConfig(string Version);
}
