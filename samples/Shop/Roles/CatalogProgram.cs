namespace Shop.Roles;

/// <summary>Knows what the shop sells.</summary>
internal static class CatalogProgram
{
    private static readonly string[] Names = ["teapot", "lantern", "compass", "kettle", "anvil"];

    public static async Task RunAsync(string[] args)
    {
        var builder = WebApplication.CreateBuilder(args);
        builder.Services.AddMesh()
            .AddConsul();

        var app = builder.Build();
        app.UseMesh();
        app.MapGet("/products/{id:int}", (int id) => new Product(id, Names[id % Names.Length]));

        await app.RunAsync();
    }
}
