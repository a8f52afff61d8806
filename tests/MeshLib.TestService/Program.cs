// A service in a process of its own, for tests that freeze and kill it. All its settings come from the command line; where it listens, Consul tells.
var builder = WebApplication.CreateSlimBuilder(args);
builder.WebHost.UseUrls("http://127.0.0.1:0");
builder.Services.AddMesh().AddConsul();
var app = builder.Build();
app.UseMesh();
app.Run(static context => context.Response.WriteAsync("ok", context.RequestAborted));
await app.RunAsync();
