namespace Shop.Roles;

/// <summary>What stands behind the storefront: services that differ in nothing but their one answer.</summary>
internal static class BackendProgram
{
    private static readonly string[] Names = ["teapot", "lantern", "compass", "kettle", "anvil"];

    public static Task RunCatalogAsync(string[] args) => RunAsync(args, "/products/{id:int}", (int id) => new Product(id, Names[id % Names.Length]));

    public static Task RunPricingAsync(string[] args) => RunAsync(args, "/prices/{id:int}", (int id) => new Price(5 + id % 20, "EUR"));

    public static Task RunInventoryAsync(string[] args) => RunAsync(args, "/stock/{id:int}", (int id) => new Stock(id * 7 % 40));

    private static async Task RunAsync(string[] args, string pattern, Delegate answer)
    {
        var builder = WebApplication.CreateBuilder(args);
        builder.Services.AddMesh()
            .AddConsul();

        var app = builder.Build();
        app.UseMesh();
        app.MapGet(pattern, answer);

        await app.RunAsync();
    }
}
