using System.Collections.Concurrent;
using System.Net;
using MeshLib.TestKit;
using Microsoft.Extensions.DependencyInjection;

namespace MeshLib.Consul.Tests;

/// <summary>What a process learns of its own place from a real Consul.</summary>
public class LocalityInConsulTests
{
    [Fact]
    public async Task OwnZone_IsThatOfTheAgentsNode()
    {
        await using var consul = await ConsulAgent.StartAsync(new ConsulAgentSettings { Hcl = """node_meta { zone = "eu-1b" }""" });
        await ListAsync(consul, "orders", 4, static i => i % 2 == 0 ? "eu-1a" : "eu-1b");
        var counts = new CountingHandler();
        await using var caller = new MeshCaller(consul.Address, "orders", counts.Use);
        await caller.WarmUpAsync();

        await Eventually.BecomesTrueAsync(() => caller.View!.LocalShare == 1);
        for (var call = 0; call < 100; call++)
        {
            await caller.CallAsync();
        }

        Assert.Equal(["10.0.0.1:8080", "10.0.0.3:8080"], counts.Addresses.Order(StringComparer.Ordinal));
        Assert.Equal(1, Assert.Single(caller.Metrics.Observe("mesh.zone.local_share")).Value);
    }

    [Fact]
    public async Task InstancesOfOneService_DivideALargeOneAmongThem()
    {
        await using var consul = await ConsulAgent.StartAsync();
        await ListAsync(consul, "large", 120, static _ => null);
        var (first, second) = (new CountingHandler(), new CountingHandler());
        await using var one = await StartAsync(consul, first);
        await using var two = await StartAsync(consul, second);
        await consul.UntilAsync(static async agent => (await agent.InstancesAsync("front", passing: true)).Count == 2);

        // Half of the ring each, and none of it twice.
        await TestConsul.UntilAsync(async () => await CallsAsync(one, first) == 60 && await CallsAsync(two, second) == 60);
        Assert.Equal(120, first.Addresses.Union(second.Addresses).Count());
    }

    private static async Task ListAsync(ConsulAgent consul, string service, int count, Func<int, string?> zone)
    {
        for (var i = 0; i < count; i++)
        {
            var meta = zone(i) is { } name ? new Dictionary<string, string> { ["zone"] = name } : [];
            await consul.PutAsync("v1/agent/service/register", new { Name = service, ID = $"{service}-{i}", Address = $"10.0.0.{i}", Port = 8080, Meta = meta });
        }
    }

    private static Task<RegisteredHost> StartAsync(ConsulAgent consul, CountingHandler counts) => RegisteredHost.StartAsync(consul.Address, "front", configure: services =>
    {
        services.AddMesh().AddConsulServiceEndpointProvider();
        counts.Use(services.AddMeshClient("large"));
    }, settings: ("Services:large:LoadBalancing:Policy", "RoundRobin"));

    /// <summary>How many instances a good number of calls go to.</summary>
    private static async Task<int> CallsAsync(RegisteredHost host, CountingHandler counts)
    {
        counts.Forget();
        var client = host.App.Services.GetRequiredService<IHttpClientFactory>().CreateClient("large");
        for (var call = 0; call < 200; call++)
        {
            await client.GetStringAsync(new Uri("/", UriKind.Relative), TestContext.Current.CancellationToken);
        }

        return counts.Addresses.Count;
    }

    /// <summary>Answers at once, for every address.</summary>
    private sealed class CountingHandler : HttpMessageHandler
    {
        private readonly ConcurrentDictionary<string, bool> _addresses = new();

        public IReadOnlyCollection<string> Addresses => [.. _addresses.Keys];

        public void Use(IHttpClientBuilder client) => client.ConfigurePrimaryHttpMessageHandler(() => this);

        public void Forget() => _addresses.Clear();

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            _addresses[request.RequestUri!.Authority] = true;
            return Task.FromResult(new HttpResponseMessage(HttpStatusCode.OK) { Content = new StringContent("ok") });
        }
    }
}
