namespace Shop.Roles;

#region clients
internal sealed class CatalogClient(HttpClient http)
{
    public Task<Product?> FindAsync(int id, CancellationToken cancelled) => http.GetFromJsonAsync<Product>($"/products/{id}", cancelled);
}

internal sealed class PricingClient(HttpClient http)
{
    public Task<Price?> FindAsync(int id, CancellationToken cancelled) => http.GetFromJsonAsync<Price>($"/prices/{id}", cancelled);
}

internal sealed class InventoryClient(HttpClient http)
{
    public Task<Stock?> FindAsync(int id, CancellationToken cancelled) => http.GetFromJsonAsync<Stock>($"/stock/{id}", cancelled);
}
#endregion
