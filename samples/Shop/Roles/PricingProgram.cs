namespace Shop.Roles;

/// <summary>Knows what a product costs.</summary>
internal static class PricingProgram
{
    public static async Task RunAsync(string[] args)
    {
        var builder = WebApplication.CreateBuilder(args);
        builder.Services.AddMesh()
            .AddConsul();

        var app = builder.Build();
        app.UseMesh();
        app.MapGet("/prices/{id:int}", (int id) => new Price(5 + id % 20, "EUR"));

        await app.RunAsync();
    }
}
