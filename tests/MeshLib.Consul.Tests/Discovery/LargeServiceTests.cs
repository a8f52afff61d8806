using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using MeshLib.TestKit;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace MeshLib.Consul.Tests;

/// <summary>A service with 10 000 instances, from Consul's bytes to the snapshot that calls read.</summary>
[Trait("Scenario", "D15")]
[Collection(nameof(LargeServiceTests))]
[CollectionDefinition(nameof(LargeServiceTests), DisableParallelization = true)]
public sealed class LargeServiceTests
{
    private const int Instances = 10_000;

    [Fact]
    public async Task OneUpdate_AllocatesLessThanThreeTimesItsPayload()
    {
        await using var mesh = await LargeMesh.StartAsync(Instances);
        var known = mesh.Endpoints;
        Assert.Equal(Instances, known.Count);
        await mesh.UpdateAsync(1);

        var (allocated, took) = await mesh.UpdateAsync(2);

        TestContext.Current.TestOutputHelper!.WriteLine($"payload {mesh.Payload / 1e6:0.0} MB, allocated {allocated / 1e6:0.0} MB = {(double)allocated / mesh.Payload:0.00} times, {took.TotalMilliseconds:0} ms");
        Assert.InRange((double)allocated / mesh.Payload, 0, 3);
        Assert.Equal(known, mesh.Endpoints);
    }

    [Fact]
    public async Task IdleEndpoint_CostsLessThanTwoKilobytes()
    {
        await using var small = await LargeMesh.StartAsync(10);
        var before = Live();
        await using var large = await LargeMesh.StartAsync(Instances);
        large.Forget();
        var after = Live();

        TestContext.Current.TestOutputHelper!.WriteLine($"{(after - before) / (double)Instances:0} bytes per endpoint");
        Assert.InRange((after - before) / (double)Instances, 0, 2048);
        GC.KeepAlive(large);
    }

    private static long Live()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        return GC.GetTotalMemory(forceFullCollection: true);
    }

    private sealed class LargeMesh : IAsyncDisposable
    {
        private readonly Catalogue _catalogue;
        private readonly ServiceProvider _services;

        private LargeMesh(Catalogue catalogue)
        {
            _catalogue = catalogue;
            var services = new ServiceCollection();
            services.AddSingleton<IConfiguration>(new ConfigurationBuilder().Build());
            services.AddMesh().AddConsulServiceEndpointProvider();
            services.AddMeshClient("orders");
            var options = TestConsul.Options();
            services.AddSingleton(new ConsulClient(new ConsulTransport(options, TimeProvider.System, _ => catalogue), options));
            _services = services.BuildServiceProvider();
        }

        public int Payload => _catalogue.Bytes.Length;

        public IReadOnlyList<MeshEndpoint> Endpoints => Assert.Single(_services.GetRequiredService<IMeshDirectory>().Services).Endpoints;

        public static async Task<LargeMesh> StartAsync(int instances)
        {
            var mesh = new LargeMesh(new Catalogue(instances));
            await mesh._services.GetRequiredService<IMeshDirectory>().WarmUpAsync(["orders"], TestContext.Current.CancellationToken);
            return mesh;
        }

        /// <summary>Changes one instance's weight and waits until calls see it.</summary>
        public async Task<(long Allocated, TimeSpan Took)> UpdateAsync(int weight)
        {
            _catalogue.Prepare(weight + 1);
            var changed = Endpoints[0];
            var allocated = GC.GetTotalAllocatedBytes(precise: true);
            var began = TimeProvider.System.GetTimestamp();
            _catalogue.Publish();
            while (changed.Metadata.Weight != weight + 1)
            {
                await Task.Yield();
            }

            return (GC.GetTotalAllocatedBytes(precise: true) - allocated, TimeProvider.System.GetElapsedTime(began));
        }

        public void Forget() => _catalogue.Forget();

        public async ValueTask DisposeAsync()
        {
            await _services.DisposeAsync();
            _catalogue.Dispose();
        }
    }

    /// <summary>Consul without a socket: whole answers that are there already, so that what is allocated is the client's.</summary>
    private sealed class Catalogue : HttpMessageHandler
    {
        private readonly int _instances;
        private byte[] _next;
        private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _index = 10;

        public Catalogue(int instances)
        {
            _instances = instances;
            _next = Bytes = Rows(weight: 1);
        }

        public byte[] Bytes { get; private set; }

        public void Prepare(int weight) => _next = Rows(weight);

        public void Publish()
        {
            Bytes = _next;
            _index++;
            Interlocked.Exchange(ref _changed, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).SetResult();
        }

        public void Forget() => Bytes = _next = [];

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            if (request.RequestUri!.Query.Contains($"index={_index}", StringComparison.Ordinal))
            {
                await _changed.Task.WaitAsync(cancellationToken);
            }

            var response = new HttpResponseMessage(HttpStatusCode.OK) { Content = new ByteArrayContent(Bytes) };
            response.Content.Headers.ContentType = new("application/json");
            response.Headers.Add("X-Consul-Index", $"{_index}");
            return response;
        }

        // About 1.2 kB each, as a real catalogue has it.
        private byte[] Rows(int weight)
        {
            var rows = new StringBuilder("[");
            for (var i = 0; i < _instances; i++)
            {
                var row = ScriptedConsulCatalog.Row("orders", $"orders-{i:x8}c0de", $"10.0.{i >> 8}.{i & 255}", 8080, meta: new JsonObject { ["zone"] = "eu-1a", ["version"] = "1.4.2", ["scheme"] = "http" }, node: $"node-{i >> 3}");
                row["Node"]!["Meta"] = new JsonObject { ["consul-network-segment"] = "", ["rack"] = $"r{i >> 6}" };
                row["Node"]!["TaggedAddresses"] = new JsonObject { ["lan"] = "10.0.0.9", ["lan_ipv4"] = "10.0.0.9", ["wan"] = "10.0.0.9", ["wan_ipv4"] = "10.0.0.9" };
                row["Service"]!["Weights"]!["Passing"] = i == 0 ? weight : 1;
                foreach (var check in row["Checks"]!.AsArray())
                {
                    (check!["Name"], check["Notes"], check["Output"]) = ("heartbeat of the process", "", "Agent alive and reachable");
                    (check["ServiceName"], check["Type"], check["CreateIndex"], check["ModifyIndex"]) = ("orders", "ttl", 1000 + i, 2000 + i);
                }

                rows.Append(i == 0 ? "" : ",").Append(row.ToJsonString());
            }

            return Encoding.UTF8.GetBytes(rows.Append(']').ToString());
        }
    }
}
