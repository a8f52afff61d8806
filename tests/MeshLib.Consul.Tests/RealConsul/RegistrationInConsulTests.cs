using System.Net;
using System.Net.Sockets;
using MeshLib.TestKit;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;

namespace MeshLib.Consul.Tests;

/// <summary>What a real Consul makes of the registration, while it is well.</summary>
public class RegistrationInConsulTests(DevAgent fixture) : IClassFixture<DevAgent>
{
    private readonly ConsulAgent _consul = fixture.Agent;

    [Fact]
    public async Task Host_ThatRuns_IsListedWithItsMetadataAndGoneBeforeItHasStopped()
    {
        await using var host = await RegisteredHost.StartAsync(_consul.Address, "basic", settings: [("Zone", "eu-1a"), ("Registration:Tags:0", "v1"), ("Registration:Meta:weight", "5")]);
        await PassingAsync("basic", 1);
        var service = (await _consul.InstancesAsync("basic"))[0].GetProperty("Service");
        Assert.Equal("127.0.0.1", service.GetProperty("Address").GetString());
        Assert.Equal(host.Port, service.GetProperty("Port").GetInt32());
        Assert.Equal("v1", service.GetProperty("Tags")[0].GetString());
        var meta = service.GetProperty("Meta");
        Assert.Equal("eu-1a", meta.GetProperty("zone").GetString());
        Assert.Equal("http", meta.GetProperty("scheme").GetString());
        Assert.Equal("5", meta.GetProperty("weight").GetString());
        Assert.NotEmpty(meta.GetProperty("version").GetString()!);

        await host.StopAsync();
        Assert.Empty(await _consul.InstancesAsync("basic"));
    }

    [Fact]
    public async Task Host_WhoseHealthChanges_ChangesItsCheck()
    {
        var health = new ScriptedHealth();
        await using var host = await RegisteredHost.StartAsync(_consul.Address, "ready", configure: services => services.AddSingleton<HealthCheckService>(health));
        await PassingAsync("ready", 1);
        health.Status = HealthStatus.Degraded;
        await StatusAsync(CheckStatus.Warning);
        health.Status = HealthStatus.Unhealthy;
        await StatusAsync(CheckStatus.Critical);
        health.Status = HealthStatus.Healthy;
        await StatusAsync(CheckStatus.Passing);

        Task StatusAsync(string status) => _consul.UntilAsync(async consul =>
            (await consul.InstancesAsync("ready"))[0].GetProperty("Checks").EnumerateArray().Any(check => check.GetProperty("CheckID").GetString()!.EndsWith(":ttl", StringComparison.Ordinal) && check.GetProperty("Status").GetString() == status));
    }

    [Fact]
    [Trait("Scenario", "D27")]
    public async Task Registration_ThatTheAgentHasLost_IsBackAtTheNextHeartbeatWithoutASecondEntry()
    {
        await using var host = await RegisteredHost.StartAsync(_consul.Address, "forgotten");
        await PassingAsync("forgotten", 1);
        var id = (await _consul.InstancesAsync("forgotten"))[0].GetProperty("Service").GetProperty("ID").GetString();
        await _consul.PutAsync($"v1/agent/service/deregister/{id}");
        Assert.Empty(await _consul.InstancesAsync("forgotten"));

        // TTL/2 + 5 s is the promise.
        await _consul.UntilAsync(async consul => (await consul.InstancesAsync("forgotten", passing: true)).Count == 1, TimeSpan.FromSeconds(5.75));
        Assert.Equal(id, (await _consul.InstancesAsync("forgotten"))[0].GetProperty("Service").GetProperty("ID").GetString());
    }

    [Fact]
    [Trait("Scenario", "L04")]
    public async Task Host_RestartedTwentyTimesOnNewPorts_LeavesOneEntry()
    {
        for (var restart = 0; restart < 20; restart++)
        {
            await using var one = await RegisteredHost.StartAsync(_consul.Address, "restarted", settings: [("Registration:DrainDelay", "00:00:00")]);
            await PassingAsync("restarted", 1);
            await one.StopAsync();
        }

        await using var last = await RegisteredHost.StartAsync(_consul.Address, "restarted");
        await PassingAsync("restarted", 1);
        Assert.Single(await _consul.InstancesAsync("restarted"));
    }

    [Fact]
    [Trait("Scenario", "L04")]
    public async Task Host_KilledAndRestartedUnderASetId_LeavesOneEntryWithTheNewPort()
    {
        var id = ("Registration:Id", "slot-1");
        var killed = await RegisteredHost.StartAsync(_consul.Address, "slot", settings: id);
        await PassingAsync("slot", 1);
        await killed.KillAsync();
        await using var host = await RegisteredHost.StartAsync(_consul.Address, "slot", settings: id);
        await _consul.UntilAsync(async consul => (await consul.InstancesAsync("slot"))[0].GetProperty("Service").GetProperty("Port").GetInt32() == host.Port);
        Assert.Single(await _consul.InstancesAsync("slot"));
    }

    [Fact]
    [Trait("Scenario", "L04")]
    public async Task Host_KilledAndRestartedAtTheSamePort_RemovesWhatItsPredecessorLeft()
    {
        var killed = await RegisteredHost.StartAsync(_consul.Address, "successor");
        await PassingAsync("successor", 1);
        var port = killed.Port;
        await killed.KillAsync();
        await using var host = await RegisteredHost.StartAsync(_consul.Address, "successor", port);
        await Eventually.BecomesTrueAsync(() => host.Logs.WithEvent(2108).Count == 1);
        Assert.Single(await _consul.InstancesAsync("successor"));
        Assert.Single(await _consul.InstancesAsync("successor", passing: true));
    }

    [Fact]
    [Trait("Scenario", "L17")]
    public async Task Host_WhoseServerStartsSlowly_IsNeverListedBeforeItListens()
    {
        for (var start = 0; start < 20; start++)
        {
            var service = $"slow-{start}";
            var starting = RegisteredHost.StartAsync(_consul.Address, service, configure: static services => services.Insert(0, ServiceDescriptor.Singleton<IHostedService, SlowStart>()), settings: ("Registration:DrainDelay", "00:00:00"));
            await PassingAsync(service, 1);
            var port = (await _consul.InstancesAsync(service))[0].GetProperty("Service").GetProperty("Port").GetInt32();
            using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
            await socket.ConnectAsync(IPAddress.Loopback, port, TestContext.Current.CancellationToken);
            await using var host = await starting;
            await host.StopAsync();
        }
    }

    private Task PassingAsync(string service, int count) => _consul.UntilAsync(async consul => (await consul.InstancesAsync(service, passing: true)).Count == count);

    private sealed class SlowStart : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken) => Task.Delay(TimeSpan.FromMilliseconds(30), TimeProvider.System, cancellationToken);

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
