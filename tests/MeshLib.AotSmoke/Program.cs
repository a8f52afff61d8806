using System.Net;
using MeshLib;
using MeshLib.AotSmoke;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

// Published ahead of time: one real request over loopback through the whole mesh, after a first attempt at a port where nobody listens.
using var server = new LoopbackServer();
var builder = Host.CreateApplicationBuilder();
builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
{
    ["Mesh:Services:orders:Retry:MaxAttempts"] = "2",
    ["Mesh:Services:orders:LoadBalancing:Policy"] = "RoundRobin",
    ["Mesh:Consul:Enabled"] = "false",
});
builder.Services.AddMesh().AddConsul().AddEndpoints("orders", server.Address, "http://127.0.0.1:1");
builder.Services.AddMeshClient("orders");
using var host = builder.Build();
await host.StartAsync();

var client = host.Services.GetRequiredService<IHttpClientFactory>().CreateClient("orders");
for (var call = 0; call < 4; call++)
{
    using var response = await client.GetAsync(new Uri("/orders/1", UriKind.Relative));
    var report = response.GetMeshReport();
    Console.WriteLine($"{(int)response.StatusCode} {await response.Content.ReadAsStringAsync()} after {report?.Attempts.Count} attempt(s), {report?.Reason}");
    if (response.StatusCode != HttpStatusCode.OK || report is null)
    {
        return 1;
    }
}

await host.StopAsync();
return 0;
