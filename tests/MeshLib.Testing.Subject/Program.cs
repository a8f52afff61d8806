// An application as users have it: nothing in it knows that it will be tested.
var builder = WebApplication.CreateBuilder(args);
builder.Services.AddMesh().AddConsul();
builder.Services.AddMeshClient("catalog");
builder.Services.AddMeshClient("pricing");
builder.Services.AddHealthChecks().AddMeshHealthChecks();

var app = builder.Build();
app.UseMesh();
app.MapHealthChecks("/ready");
app.MapGet("/offers/{id:int}", async (int id, IHttpClientFactory clients, CancellationToken cancelled) =>
{
    var product = clients.CreateClient("catalog").GetStringAsync(new Uri($"/products/{id}", UriKind.Relative), cancelled);
    var price = clients.CreateClient("pricing").GetStringAsync(new Uri($"/prices/{id}", UriKind.Relative), cancelled);
    return $"{await product} for {await price}";
});
app.MapPost("/echo", static (HttpRequest request) => Results.Stream(request.Body, request.ContentType));
app.MapGet("/products/{id:int}", static (int id) => $"product {id}");

await app.RunAsync();
