using Shop.Processes;
using Shop.Roles;

namespace Shop;

/// <summary>The first call through the whole shop: driver, storefront, and from there catalog, pricing and inventory.</summary>
internal static class Greeting
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(15);

    /// <returns>What the storefront says.</returns>
    public static async Task<string> AskAsync(Fleet fleet, CancellationToken cancellationToken)
    {
        using var http = new HttpClient { BaseAddress = fleet.Of(Role.Storefront)[0].Address, Timeout = Limit };
        return await http.GetStringAsync(new Uri("/offers/1", UriKind.Relative), cancellationToken);
    }
}
