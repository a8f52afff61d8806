using MeshLib.TestKit;
using MeshLib.Tests.Calls;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.ServiceDiscovery;
using Microsoft.Extensions.Time.Testing;

namespace MeshLib.Tests.Discovery;

public class ConfiguredMetadataTests
{
    private readonly FakeTimeProvider _time = new();

    public static TheoryData<string, string, string> Mistakes => new()
    {
        { "weight", "heavy", "Services:orders:metadata:0:weight = heavy is not allowed; allowed is 0 to 65535." },
        { "weight", "65536", "Services:orders:metadata:0:weight = 65536 is not allowed; allowed is 0 to 65535." },
        { "weight", "-1", "Services:orders:metadata:0:weight = -1 is not allowed; allowed is 0 to 65535." },
        { "wieght", "3", "Services:orders:metadata:0:wieght is nothing that an endpoint has. Did you mean weight?" },
        {
            "address", "http://10.1.1.9:80",
            "Services:orders:metadata:0:address = http://10.1.1.9:80 is no endpoint that configuration lists for 'orders'; allowed is one of them as it stands there: http://10.1.1.1:80, http://10.1.1.2:80."
        },
    };

    [Theory]
    [InlineData("http://10.1.1.1:8080", "http://10.1.1.1:8080/")]
    [InlineData("http://10.1.1.1:8080/v1", "HTTP://10.1.1.1:8080/v1/")]
    [InlineData("http://Orders-1.internal", "http://orders-1.internal:80")]
    [InlineData("10.1.1.1:8080", "10.1.1.1:8080")]
    [InlineData("orders-1.internal", "orders-1.internal")]
    [InlineData("[fd00::1]:8080", "[fd00::1]:8080")]
    public async Task Entry_SaysOfItsEndpointWhatARegistryWould(string listed, string named)
    {
        await using var mesh = await StartAsync(new Dictionary<string, string?>
        {
            ["Services:orders:http:0"] = listed,
            ["Services:orders:http:1"] = "http://10.1.1.2:80",
            ["Services:orders:metadata:0:address"] = named,
            ["Services:orders:metadata:0:zone"] = "eu-1a",
            ["Services:orders:metadata:0:version"] = "v2",
            ["Services:orders:metadata:0:weight"] = "3",
            ["Services:orders:metadata:0:tags:0"] = "canary",
        });

        var said = Assert.Single(mesh.Endpoints, static endpoint => endpoint.Address.Host != "10.1.1.2").Metadata;
        Assert.Equal(("eu-1a", "v2", 3, "canary"), (said.Zone, said.Version, said.Weight, Assert.Single(said.Tags)));
        Assert.Equal(EndpointMetadata.None, Assert.Single(mesh.Endpoints, static endpoint => endpoint.Address.Host == "10.1.1.2").Metadata);
    }

    [Fact]
    public async Task Weights_CountForTheBalancer()
    {
        await using var mesh = await StartAsync(
            new Dictionary<string, string?>
            {
                ["Services:orders:http:0"] = "http://10.1.1.1:80",
                ["Services:orders:http:1"] = "http://10.1.1.2:80",
                ["Services:orders:metadata:0:address"] = "http://10.1.1.2:80",
                ["Services:orders:metadata:0:weight"] = "3",
                ["Mesh:Services:orders:LoadBalancing:Policy"] = "RoundRobin",
            });
        mesh.Transport.AnswerWith(200);

        for (var call = 0; call < 40; call++)
        {
            (await mesh.GetAsync().WithinHangLimit()).Dispose();
        }

        Assert.Equal(30, mesh.Transport.Requests.Count(static request => request.Endpoint.StartsWith("http://10.1.1.2", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Entry_SaysNothingOfARegistrysEndpoints()
    {
        await using var mesh = await StartAsync(new Dictionary<string, string?> { ["Services:other:http:0"] = VirtualMesh.Address(1), ["Services:other:metadata:0:address"] = VirtualMesh.Address(1), ["Services:other:metadata:0:weight"] = "3" });

        Assert.All(mesh.Endpoints, static endpoint => Assert.Equal(1, endpoint.Metadata.Weight));
    }

    [Theory]
    [MemberData(nameof(Mistakes))]
    public void Mistake_FailsTheStartInWordsThatNameIt(string member, string value, string message)
    {
        using var services = Services(With(member, value));

        var refused = Assert.ThrowsAny<OptionsValidationException>(() => services.GetRequiredService<IStartupValidator>().Validate());

        Assert.Contains(message, refused.Failures);
    }

    [Fact]
    public void Endpoint_MayHaveOneEntry()
    {
        var doubled = With("address", "http://10.1.1.1:80");
        doubled["Services:orders:metadata:1:address"] = "http://10.1.1.1:80/";
        using var services = Services(doubled);

        var refused = Assert.ThrowsAny<OptionsValidationException>(() => services.GetRequiredService<IStartupValidator>().Validate());

        Assert.StartsWith("Services:orders:metadata:1:address = http://10.1.1.1:80/ stands in an entry before this one", Assert.Single(refused.Failures), StringComparison.Ordinal);
    }

    [Fact]
    public async Task MistakeInAReload_LeavesTheLastListAsItWasUntilItIsMended()
    {
        var file = new EditableFile();
        foreach (var (key, value) in With("weight", "3"))
        {
            file[key] = value!;
        }

        await using var mesh = await StartAsync(new ConfigurationBuilder().Add(file).Build());
        Assert.Equal(3, mesh.Endpoints[0].Metadata.Weight);

        file["Services:orders:metadata:0:weight"] = "heavy";
        await _time.AdvanceUntilAsync(() => mesh.Logs.WithEvent(100).Any(), TimeSpan.FromMilliseconds(50), TimeSpan.FromSeconds(10));
        Assert.Equal(3, mesh.Endpoints[0].Metadata.Weight);

        file["Services:orders:metadata:0:weight"] = "5";
        await _time.AdvanceUntilAsync(() => mesh.Endpoints[0].Metadata.Weight == 5, TimeSpan.FromMilliseconds(50), TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task EndpointsInCode_BringTheirMetadata()
    {
        var heavy = ServiceEndpoint.Create(new UriEndPoint(new Uri("http://10.1.1.1:80")));
        heavy.Features.Set(new EndpointMetadata { Weight = 3, Zone = "eu-1a" });
        await using var mesh = await VirtualMesh.StartAsync(_time, services: services => services.AddMesh().AddEndpoints(VirtualMesh.Orders, [heavy]));

        Assert.Equal((3, "eu-1a"), (mesh.Endpoints[0].Metadata.Weight, mesh.Endpoints[0].Metadata.Zone));
    }

    [Fact]
    public void EndpointInCode_ThatNoRequestCanBeSentTo_IsRefused()
    {
        var mesh = new ServiceCollection().AddMesh();

        var refused = Assert.Throws<ArgumentException>(() => mesh.AddEndpoints("orders", [ServiceEndpoint.Create(new UriEndPoint(new Uri("ftp://10.1.1.1")))]));

        Assert.Contains("'ftp://10.1.1.1' is no endpoint of 'orders'", refused.Message, StringComparison.Ordinal);
    }

    private static Dictionary<string, string?> With(string member, string value) => new()
    {
        ["Services:orders:http:0"] = "http://10.1.1.1:80",
        ["Services:orders:http:1"] = "http://10.1.1.2:80",
        ["Services:orders:metadata:0:address"] = "http://10.1.1.1:80",
        [$"Services:orders:metadata:0:{member}"] = value,
    };

    private static ServiceProvider Services(Dictionary<string, string?> configuration)
    {
        var services = new ServiceCollection();
        services.AddSingleton<IConfiguration>(new ConfigurationBuilder().AddInMemoryCollection(configuration).Build());
        services.AddMesh();
        return services.BuildServiceProvider();
    }

    private Task<VirtualMesh> StartAsync(Dictionary<string, string?> configuration) => StartAsync(new ConfigurationBuilder().AddInMemoryCollection(configuration).Build());

    private Task<VirtualMesh> StartAsync(IConfigurationRoot configuration) => VirtualMesh.StartAsync(_time, services: services => services.AddSingleton<IConfiguration>(configuration));
}
