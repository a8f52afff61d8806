namespace Shop.Roles;

/// <summary>Knows how many of a product are left.</summary>
internal static class InventoryProgram
{
    public static async Task RunAsync(string[] args)
    {
        var builder = WebApplication.CreateBuilder(args);
        builder.Services.AddMesh()
            .AddConsul();

        var app = builder.Build();
        app.UseMesh();
        app.MapGet("/stock/{id:int}", (int id) => new Stock(id * 7 % 40));

        await app.RunAsync();
    }
}
