using Microsoft.Extensions.DependencyInjection;

namespace MeshLib.Tests.Configuration;

/// <summary>Names in section <c>Mesh</c> that nothing else in the host mentions.</summary>
public class UnknownNamesTests
{
    private const int Doubt = 303;

    [Fact]
    public async Task ServiceThatNobodyNames_IsDoubtedOnceWithTheNearestName()
    {
        await using var mesh = Start(static services => services.AddMeshClient("orders"), ("Mesh:Services:ordres:Timeout", "00:00:05"), ("Mesh:Services:orders:Timeout", "00:00:05"));

        mesh.Configuration.Reload();
        mesh.Time.Advance(MeshPolicies.Period);

        var said = Assert.Single(mesh.Logs.WithEvent(Doubt)).Message;
        Assert.StartsWith("Mesh:Services:ordres is for a service that no client and no code names. Did you mean orders?", said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ClientThatNobodyRegistered_IsDoubted()
    {
        await using var mesh = Start(static services => services.AddHttpClient("reports").AddMeshHandler(), ("Mesh:Clients:report:Timeout", "00:00:05"));

        Assert.Contains("Did you mean reports?", Assert.Single(mesh.Logs.WithEvent(Doubt)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ClientNamedAfterItsService_IsDoubtedWithTheNameThatItHas()
    {
        await using var mesh = Start(static services => services.AddMeshClient<OrdersClient>("orders"), ("Mesh:Clients:orders:Timeout", "00:00:05"));

        Assert.Contains("for orders that is OrdersClient", Assert.Single(mesh.Logs.WithEvent(Doubt)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task NewDoubtOfAReload_IsSaid()
    {
        await using var mesh = Start(static services => services.AddMeshClient("orders"));
        Assert.Empty(mesh.Logs.WithEvent(Doubt));

        mesh.Configuration["Mesh:Services:order:Timeout"] = "00:00:05";
        mesh.Configuration.Reload();
        mesh.Time.Advance(MeshPolicies.Period);

        Assert.Single(mesh.Logs.WithEvent(Doubt));
    }

    public static TheoryData<string> Mentions => ["client", "endpoints", "code", "addresses", "host", "for all", "handler"];

    [Theory]
    [MemberData(nameof(Mentions))]
    public async Task NameThatMayComeUp_IsNotDoubted(string how)
    {
        await using var mesh = Start(
            services =>
            {
                var builder = services.AddMesh(options => options.Services[how == "code" ? "pricing" : "orders"].Timeout = TimeSpan.FromSeconds(5));
                _ = how switch
                {
                    "client" => services.AddMeshClient("pricing").Services,
                    "endpoints" => builder.AddEndpoints("pricing", TestMesh.First).Services,
                    "for all" => services.AddMeshToAllHttpClients().Services,
                    "handler" => services.AddHttpClient("reports").AddMeshHandler().Services,
                    _ => services,
                };
            },
            ($"Mesh:Services:{(how == "host" ? "api.example.com" : "pricing")}:Timeout", "00:00:05"),
            (how == "addresses" ? "Services:pricing:http:0" : "Unused", TestMesh.First));

        Assert.Empty(mesh.Logs.WithEvent(Doubt));
    }

    private static TestMesh Start(Action<IServiceCollection> configure, params (string Key, string Value)[] settings)
    {
        var mesh = new TestMesh(configure, settings);
        _ = mesh.Services.GetRequiredService<MeshPolicies>();
        return mesh;
    }

    private sealed class OrdersClient(HttpClient http)
    {
        public HttpClient Http => http;
    }
}
