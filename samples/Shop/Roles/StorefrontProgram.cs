namespace Shop.Roles;

/// <summary>What customers see: it asks the catalogue, the prices and the stock at once.</summary>
internal static class StorefrontProgram
{
    public static async Task RunAsync(string[] args)
    {
        #region program
        var builder = WebApplication.CreateBuilder(args);
        builder.Services.AddServiceDiscovery();
        builder.Services.ConfigureHttpClientDefaults(http => http.AddServiceDiscovery());
        builder.Services.AddHttpClient<CatalogClient>(http => http.BaseAddress = new Uri("http://catalog"));
        builder.Services.AddHttpClient<PricingClient>(http => http.BaseAddress = new Uri("http://pricing"));
        builder.Services.AddHttpClient<InventoryClient>(http => http.BaseAddress = new Uri("http://inventory"));

        var app = builder.Build();
        app.MapGet("/offers/{id:int}", async (int id, CatalogClient catalog, PricingClient pricing, InventoryClient inventory, CancellationToken cancelled) =>
        {
            var product = catalog.FindAsync(id, cancelled);
            var price = pricing.FindAsync(id, cancelled);
            var stock = inventory.FindAsync(id, cancelled);
            await Task.WhenAll(product, price, stock);
            return new Offer((await product)!.Name, (await price)!.Amount, (await price)!.Currency, (await stock)!.Left);
        });

        await app.RunAsync();
        #endregion
    }
}
