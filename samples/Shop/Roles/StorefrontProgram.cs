namespace Shop.Roles;

/// <summary>What customers see: it asks the catalogue, the prices and the stock at once.</summary>
internal static class StorefrontProgram
{
    public static async Task RunAsync(string[] args)
    {
        #region program
        var builder = WebApplication.CreateBuilder(args);

        builder.Services.AddMesh()
            .AddConsul();
        builder.Services.AddMeshClient<CatalogClient>("catalog");
        builder.Services.AddMeshClient<PricingClient>("pricing");
        builder.Services.AddMeshClient<InventoryClient>("inventory");

        var app = builder.Build();
        app.UseMesh();
        app.MapGet("/offers/{id:int}", async (int id, CatalogClient catalog, PricingClient pricing, InventoryClient inventory, CancellationToken cancelled) =>
        {
            var product = catalog.FindAsync(id, cancelled);
            var price = pricing.FindAsync(id, cancelled);
            var stock = inventory.FindAsync(id, cancelled);
            await Task.WhenAll(product, price, stock);
            return new Offer(await product, await price, await stock);
        });

        await app.RunAsync();
        #endregion
    }
}
