using MeshLib;
using MeshLib.Testing;

var builder = WebApplication.CreateBuilder(args);
builder.WebHost.UseUrls("http://127.0.0.1:0");
builder.Logging.ClearProviders();
builder.Configuration["Mesh:Consul:Enabled"] = "false";
builder.Services.AddMesh().AddConsul();
builder.Services.AddMeshClient("orders");

await using var app = builder.Build();
app.UseMesh();
app.MapGet("/orders/{id:int}", (int id) => $"order {id}");
await app.StartAsync();

// The service that is called is this process; where it listens is known only now.
builder.Configuration["Services:orders:http:0"] = app.Urls.Single();
using var client = app.Services.GetRequiredService<IHttpClientFactory>().CreateClient("orders");
using var response = await client.GetAsync(new Uri("/orders/1", UriKind.Relative));
var report = response.GetMeshReport();
Console.WriteLine($"{(int)response.StatusCode} {await response.Content.ReadAsStringAsync()} from {report?.Service} in {report?.Attempts.Count} attempt(s)");

// The same client under test: neither a server nor a network is needed.
var test = WebApplication.CreateBuilder(args);
test.Logging.ClearProviders();
test.Services.AddMesh().AddConsul();
test.Services.AddMeshClient("orders");
test.Services.AddMeshTesting(testing => testing.Route(new FakeService("orders").Answers(FakeAnswer.Ok("from the test"))));

await using var tested = test.Build();
using var testedClient = tested.Services.GetRequiredService<IHttpClientFactory>().CreateClient("orders");
using var answer = await testedClient.GetAsync(new Uri("/orders/1", UriKind.Relative));
Console.WriteLine($"{(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync()}");
