namespace Shop.Roles;

/// <summary>Knows how many of a product are left.</summary>
internal static class InventoryProgram
{
    public static async Task RunAsync(string[] args)
    {
        var builder = WebApplication.CreateBuilder(args);

        var app = builder.Build();
        app.MapGet("/stock/{id:int}", (int id) => new Stock(id, Left: id * 7 % 40));

        await app.RunAsync();
    }
}
