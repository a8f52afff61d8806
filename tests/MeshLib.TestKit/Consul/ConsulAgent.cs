using System.Net.Http.Json;
using System.Runtime.CompilerServices;
using System.Text.Json;

namespace MeshLib.TestKit;

/// <summary>
/// A real Consul agent on loopback with ports of its own, ready when <see cref="StartAsync"/> returns (a <c>-dev</c> agent in well under a second),
/// which tests can kill, freeze, restart and wipe.
/// </summary>
public sealed class ConsulAgent : IAsyncDisposable
{
    private const int StartAttempts = 5;
    private static readonly TimeSpan s_pollInterval = TimeSpan.FromMilliseconds(10);

    // A server without a leader holds a read for seven seconds; asking again is sooner.
    private static readonly TimeSpan s_readLimit = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan s_readyLimit = TimeSpan.FromSeconds(20);

    private readonly ConsulAgentSettings _settings;
    private readonly ConsulPorts _ports;
    private readonly string? _dataFolder;
    private ChildProcess? _process;
    private bool _frozen;

    private ConsulAgent(ConsulAgentSettings settings, ConsulPorts ports)
    {
        var unique = Guid.NewGuid().ToString("N")[..8];
        _settings = settings;
        _ports = ports;
        _dataFolder = settings.Role is ConsulRole.Dev ? null : Path.Combine(Path.GetTempPath(), "meshlib-consul-" + unique);
        NodeName = settings.NodeName ?? "t-" + unique;
        ManagementToken = settings.AccessControl ? Guid.NewGuid().ToString() : null;

        // Without a propagator there are no spans either, which tests that listen to the spans of the code under test would take for its own.
        Http = new HttpClient(new SocketsHttpHandler { UseProxy = false, ActivityHeadersPropagator = null }) { BaseAddress = Address };
        if (ManagementToken is not null)
        {
            Http.DefaultRequestHeaders.Add("X-Consul-Token", ManagementToken);
        }
    }

    /// <summary>Where it answers.</summary>
    public Uri Address => new($"http://127.0.0.1:{_ports.Http}/");

    /// <summary>The node's name in the catalogue.</summary>
    public string NodeName { get; }

    /// <summary>The token that may do everything, with <see cref="ConsulAgentSettings.AccessControl"/>; <see cref="Http"/> sends it.</summary>
    public string? ManagementToken { get; }

    /// <summary>For asking the agent as an operator would.</summary>
    public HttpClient Http { get; }

    /// <summary>What <c>/v1/status/leader</c> says when this server leads.</summary>
    internal string RaftAddress => $"127.0.0.1:{_ports.Server}";

    internal bool Answers => IsRunning && !_frozen;

    internal bool IsRunning => _process is { HasExited: false };

    /// <summary>Starts an agent and waits until it answers.</summary>
    /// <exception cref="InvalidOperationException">It does not start; the message holds what it wrote.</exception>
    public static async Task<ConsulAgent> StartAsync(ConsulAgentSettings? settings = null)
    {
        var agent = await LaunchAsync(settings ?? new ConsulAgentSettings());
        await agent.WaitUntilReadyAsync();
        return agent;
    }

    /// <summary>SIGKILL: connections are reset, nothing is said to anyone.</summary>
    public async Task KillAsync() => await Process().KillAsync();

    /// <summary>SIGTERM; a client agent leaves the cluster by it, a server does not.</summary>
    public async Task TerminateAsync() => await Process().TerminateAsync();

    /// <summary>SIGSTOP: connections stay open and nothing answers.</summary>
    public void Freeze()
    {
        Process().Freeze();
        _frozen = true;
    }

    /// <summary>Ends <see cref="Freeze"/>.</summary>
    public void Resume()
    {
        _frozen = false;
        Process().Resume();
    }

    /// <summary>Kills the agent if it runs, starts it on the same ports and waits until it answers.</summary>
    /// <param name="wipe">Whether it loses its data; a <see cref="ConsulRole.Dev"/> agent has none to keep.</param>
    public async Task RestartAsync(bool wipe = false)
    {
        await LaunchAgainAsync(wipe);
        await WaitUntilReadyAsync();
    }

    /// <summary>PUTs to the agent's API and returns the answer's text.</summary>
    public async Task<string> PutAsync(string path, object? body = null)
    {
        using var answer = body is null ? await Http.PutAsync(path, null) : await Http.PutAsJsonAsync(path, body);
        var text = await answer.Content.ReadAsStringAsync();
        return answer.IsSuccessStatusCode ? text : throw new InvalidOperationException($"Consul answered {(int)answer.StatusCode} to {path}: {text}");
    }

    /// <summary>Registers an instance without a check, so that it stays listed whatever becomes of it and of the agent's time.</summary>
    public Task ListAsync(string service, string id, string address, int port) =>
        PutAsync("v1/agent/service/register", new { Name = service, ID = id, Address = address, Port = port });

    /// <summary>The rows of a service in the catalogue, as this agent sees them.</summary>
    public async Task<IReadOnlyList<JsonElement>> InstancesAsync(string service, bool passing = false)
    {
        var rows = await ReadAsync($"v1/health/service/{Uri.EscapeDataString(service)}{(passing ? "?passing" : "")}");
        return [.. rows.EnumerateArray()];
    }

    /// <summary>A token with a service identity: it may register that service and read all services and nodes, and nothing else.</summary>
    /// <returns>The token, and the name under which it can be deleted.</returns>
    public async Task<(string Token, string Accessor)> CreateTokenAsync(string service)
    {
        var answer = JsonSerializer.Deserialize<JsonElement>(await PutAsync("v1/acl/token", new { ServiceIdentities = new[] { new { ServiceName = service } } }));
        return (answer.GetProperty("SecretID").GetString()!, answer.GetProperty("AccessorID").GetString()!);
    }

    /// <summary>Asks until the answer is yes, an agent that is away counting as no.</summary>
    /// <exception cref="TimeoutException">It still is not after <paramref name="limit"/>, by default <see cref="HangLimit.Default"/>.</exception>
    public async Task UntilAsync(
        Func<ConsulAgent, Task<bool>> condition,
        TimeSpan? limit = null,
        [CallerArgumentExpression(nameof(condition))] string? description = null)
    {
        ArgumentNullException.ThrowIfNull(condition);
        var started = TimeProvider.System.GetTimestamp();
        Exception? last = null;
        do
        {
            try
            {
                if (await condition(this))
                {
                    return;
                }

                last = null;
            }
            catch (Exception e) when (e is HttpRequestException or OperationCanceledException or JsonException)
            {
                last = e;
            }

            await Task.Delay(s_pollInterval, TimeProvider.System, CancellationToken.None);
        }
        while (TimeProvider.System.GetElapsedTime(started) < (limit ?? HangLimit.Default));
        throw new TimeoutException($"Not true within {(limit ?? HangLimit.Default).TotalSeconds:0.###} s at Consul {NodeName}: {description}. {last?.Message}", last);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        if (_process is not null)
        {
            await _process.DisposeAsync();
        }

        DeleteData();
    }

    /// <summary>Starts an agent without waiting until it answers: a server of a cluster does not before it has met the others.</summary>
    internal static async Task<ConsulAgent> LaunchAsync(ConsulAgentSettings settings)
    {
        for (var attempt = 1; ; attempt++)
        {
            var agent = new ConsulAgent(settings, settings.Ports ?? ConsulPorts.Choose());
            await agent.LaunchAgainAsync(wipe: false);
            if (await agent.ListensAsync())
            {
                return agent;
            }

            var lines = agent._process!.LastLines;
            await agent.DisposeAsync();
            if (attempt == StartAttempts || settings.Ports is not null)
            {
                throw new InvalidOperationException($"Consul ended as soon as it was started, {attempt} times. It wrote: {lines}");
            }
        }
    }

    internal async Task LaunchAgainAsync(bool wipe)
    {
        if (_process is not null)
        {
            await _process.DisposeAsync();
        }

        if (wipe)
        {
            DeleteData();
        }

        _frozen = false;
        _process = await ChildProcess.StartAsync(await ConsulBinary.PathAsync(), Arguments());
    }

    internal async Task WaitUntilReadyAsync()
    {
        // The name tells this agent from another process's that got the port first.
        await UntilAsync(async _ => !IsRunning || await NameAsync() == NodeName, s_readyLimit, "the agent answers");
        await UntilAsync(async agent => !IsRunning || (await agent.InstancesAsync("consul", passing: true)).Count > 0, s_readyLimit, "there is a leader, and the catalogue can be read");
        if (!IsRunning)
        {
            throw new InvalidOperationException($"Consul ended before it was ready. It wrote: {Process().LastLines}");
        }
    }

    private async Task<JsonElement> ReadAsync(string path)
    {
        using var limit = new CancellationTokenSource(s_readLimit, TimeProvider.System);
        return await Http.GetFromJsonAsync<JsonElement>(path, limit.Token);
    }

    private async Task<string?> NameAsync()
    {
        var self = await ReadAsync("v1/agent/self");
        return self.GetProperty("Config").GetProperty(nameof(NodeName)).GetString();
    }

    private async Task<bool> ListensAsync()
    {
        await UntilAsync(async _ => !IsRunning || await NameAsync() == NodeName, s_readyLimit, "the agent answers or has ended");
        return IsRunning;
    }

    private ChildProcess Process() => _process ?? throw new InvalidOperationException("The agent has not been started.");

    private void DeleteData()
    {
        if (_dataFolder is not null && Directory.Exists(_dataFolder))
        {
            Directory.Delete(_dataFolder, recursive: true);
        }
    }

    private IEnumerable<string> Arguments()
    {
        yield return "agent";
        if (_settings.Role is ConsulRole.Dev)
        {
            yield return "-dev";
        }
        else
        {
            yield return "-data-dir=" + _dataFolder;
        }

        if (_settings.Role is ConsulRole.Server)
        {
            yield return "-server";
            yield return $"-bootstrap-expect={_settings.Servers}";
        }

        foreach (var port in _settings.Join.Select(static agent => agent._ports.Serf).Concat(_settings.JoinPorts))
        {
            yield return $"-retry-join=127.0.0.1:{port}";
        }

        yield return "-retry-interval=1s";
        yield return "-node=" + NodeName;
        yield return "-bind=127.0.0.1";
        yield return "-client=127.0.0.1";
        yield return $"-http-port={_ports.Http}";
        yield return $"-server-port={_ports.Server}";
        yield return $"-serf-lan-port={_ports.Serf}";
        yield return "-serf-wan-port=-1";
        yield return "-grpc-port=-1";
        yield return "-dns-port=-1";
        yield return "-log-level=err";

        // With the default multiplier of 5 an election takes five times as long; two machines of one node ID cannot meet on one host otherwise.
        yield return "-hcl=disable_update_check = true disable_host_node_id = true performance { raft_multiplier = 1 } connect { enabled = true }";
        if (ManagementToken is not null)
        {
            yield return $$"""-hcl=acl { enabled = true default_policy = "deny" tokens { master = "{{ManagementToken}}" agent = "{{ManagementToken}}" } }""";
        }

        if (_settings.Hcl.Length > 0)
        {
            yield return "-hcl=" + _settings.Hcl;
        }
    }
}
