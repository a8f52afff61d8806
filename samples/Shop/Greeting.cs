using Shop.Processes;
using Shop.Roles;

namespace Shop;

/// <summary>The first call through the whole shop: driver, storefront, and from there catalog, pricing and inventory.</summary>
internal static class Greeting
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(15);

    public static async Task<Offer> AskAsync(Fleet fleet, CancellationToken cancellationToken)
    {
        using var http = new HttpClient { BaseAddress = fleet.Of(Role.Storefront)[0].Address, Timeout = Limit };
        return await http.GetFromJsonAsync<Offer>("/offers/1", cancellationToken)
            ?? throw new InvalidOperationException("The storefront has nothing to offer.");
    }
}
