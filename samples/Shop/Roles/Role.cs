namespace Shop.Roles;

/// <summary>The processes that this executable can be.</summary>
internal static class Role
{
    public const string Storefront = "storefront";
    public const string Catalog = "catalog";
    public const string Pricing = "pricing";
    public const string Inventory = "inventory";

    /// <summary><c>Shop role NAME …</c>; what follows the name is configuration, as with every ASP.NET Core program.</summary>
    public static async Task<int> RunAsync(string name, string[] args)
    {
        Func<string[], Task>? program = name switch
        {
            Storefront => StorefrontProgram.RunAsync,
            Catalog => BackendProgram.RunCatalogAsync,
            Pricing => BackendProgram.RunPricingAsync,
            Inventory => BackendProgram.RunInventoryAsync,
            Guard.Name => Guard.RunAsync,
            _ => null,
        };
        if (program is null)
        {
            await Console.Error.WriteLineAsync($"Shop: there is no role '{name}'.");
            return 2;
        }

        await program(args);
        return 0;
    }
}
