using System.Net.Http.Json;

namespace MeshLib.TestKit;

/// <summary>
/// Three Consul servers and one client agent on loopback, as in production but on one machine: <see cref="Client"/> is the agent that an
/// application talks to, and the servers behind it can be killed, frozen and wiped.
/// </summary>
public sealed class ConsulCluster : IAsyncDisposable
{
    private const int ServerCount = 3;
    private const int StartAttempts = 3;

    private ConsulCluster(IReadOnlyList<ConsulAgent> servers, ConsulAgent client)
    {
        Servers = servers;
        Client = client;
    }

    /// <summary>The servers, running or not.</summary>
    public IReadOnlyList<ConsulAgent> Servers { get; }

    /// <summary>The agent beside the application.</summary>
    public ConsulAgent Client { get; }

    /// <summary>Starts all four and waits until the catalogue can be read through the client agent: some two seconds.</summary>
    public static async Task<ConsulCluster> StartAsync()
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await StartOnceAsync();
            }
            catch (InvalidOperationException) when (attempt < StartAttempts)
            {
                // Somebody else got one of the ports between choosing and starting.
            }
        }
    }

    /// <summary>The server that leads, frozen ones aside: waits for an election.</summary>
    public async Task<ConsulAgent> LeaderAsync()
    {
        ConsulAgent? leader = null;
        var asked = Servers.First(static server => server.Answers);
        await asked.UntilAsync(
            async agent =>
            {
                var address = await agent.Http.GetFromJsonAsync<string>("v1/status/leader");
                leader = Servers.FirstOrDefault(server => server.Answers && server.RaftAddress == address);
                return leader is not null;
            },
            description: "one of the running servers leads");
        return leader!;
    }

    /// <summary>SIGKILL for the leader.</summary>
    /// <returns>The server killed, for <see cref="RestoreAsync"/>.</returns>
    public async Task<ConsulAgent> KillLeaderAsync()
    {
        var leader = await LeaderAsync();
        await leader.KillAsync();
        return leader;
    }

    /// <summary>SIGSTOP for the leader: its connections stay open.</summary>
    /// <returns>The server frozen, for <see cref="ConsulAgent.Resume"/>.</returns>
    public async Task<ConsulAgent> FreezeLeaderAsync()
    {
        var leader = await LeaderAsync();
        leader.Freeze();
        return leader;
    }

    /// <summary>Kills two servers, so that the third has no quorum.</summary>
    /// <param name="leaderStays">Whether the third is the one that has led, and now must not.</param>
    public async Task StopQuorumAsync(bool leaderStays = false)
    {
        var leader = await LeaderAsync();
        var stays = leaderStays ? leader : Servers.First(server => server != leader);
        await Task.WhenAll(Servers.Where(server => server != stays).Select(static server => server.KillAsync()));
    }

    /// <summary>Starts the servers that do not run again, with their data, and waits until the catalogue can be read.</summary>
    public Task RestoreAsync() => LaunchAsync(wipe: false, [.. Servers.Where(static server => !server.IsRunning)]);

    /// <summary>Restarts all servers without their data: indexes start anew.</summary>
    public async Task WipeAsync()
    {
        await Task.WhenAll(Servers.Select(static server => server.KillAsync()));
        await LaunchAsync(wipe: true, Servers);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => DisposeAllAsync([Client, .. Servers]);

    private static async Task<ConsulCluster> StartOnceAsync()
    {
        var ports = Enumerable.Range(0, ServerCount).Select(static _ => ConsulPorts.Choose()).ToList();
        var started = new List<ConsulAgent>();
        try
        {
            foreach (var own in ports)
            {
                started.Add(await ConsulAgent.LaunchAsync(new ConsulAgentSettings
                {
                    Role = ConsulRole.Server,
                    Servers = ServerCount,
                    Ports = own,
                    JoinPorts = [.. ports.Where(other => other != own).Select(static other => other.Serf)],
                }));
            }

            await Task.WhenAll(started.Select(static server => server.WaitUntilReadyAsync()));
            var client = await ConsulAgent.StartAsync(new ConsulAgentSettings { Role = ConsulRole.Client, Join = [.. started] });
            return new ConsulCluster([.. started], client);
        }
        catch
        {
            await DisposeAllAsync(started);
            throw;
        }
    }

    private static async ValueTask DisposeAllAsync(IEnumerable<ConsulAgent> agents)
    {
        foreach (var agent in agents)
        {
            await agent.DisposeAsync();
        }
    }

    private async Task LaunchAsync(bool wipe, IReadOnlyList<ConsulAgent> servers)
    {
        await Task.WhenAll(servers.Select(server => server.LaunchAgainAsync(wipe)));
        await Task.WhenAll(servers.Select(static server => server.WaitUntilReadyAsync()));
        await Client.WaitUntilReadyAsync();
    }
}
