using System.Globalization;
using System.Net;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace MeshLib.Testing.Tests.Hosting;

/// <summary>A whole application, which uses Consul, under test in a <see cref="WebApplicationFactory{TEntryPoint}"/>.</summary>
public sealed class ApplicationTests : IAsyncDisposable
{
    private readonly FaultServer _agent = new();
    private readonly FakeTimeProvider _time = new();
    private readonly FakeService _catalog = new FakeService("catalog", instances: 3).Answers(FakeAnswer.Ok("a lamp"));
    private readonly FakeService _pricing = new FakeService("pricing").Answers(FakeAnswer.Ok("9.99"));

    public ValueTask DisposeAsync() => _agent.DisposeAsync();

    [Fact]
    public async Task TheApplication_StartsAndAnswersWithoutANetwork()
    {
        await using var application = Application(testing => testing.Route(_catalog).Route(_pricing));
        using var client = application.CreateClient();

        Assert.Equal("a lamp for 9.99", await client.GetStringAsync("/offers/7").WithinHangLimit());
        Assert.Equal("Healthy", await client.GetStringAsync("/ready").WithinHangLimit());
        Assert.Equal("/products/7", Assert.Single(_catalog.Instances.SelectMany(static instance => instance.Received)).Path);

        await application.DisposeAsync().WithinHangLimit();
        Assert.Equal(0, _agent.Counts.Connections);
    }

    [Fact]
    public async Task AnInstanceThatHangs_CostsTheApplicationsCallerVirtualTimeOnly()
    {
        _catalog.Remove(_catalog[2]);
        _catalog.Answers(FakeAnswer.Hang, FakeAnswer.Ok("a lamp"));
        await using var application = Application(testing => testing.UseTime(_time).Route(_catalog).Route(_pricing));
        using var client = application.CreateClient();
        var started = _time.GetTimestamp();

        var offer = await client.GetStringAsync("/offers/7").WhileTimePasses(_time.Advance).WithinHangLimit();

        Assert.Equal("a lamp for 9.99", offer);
        Assert.InRange(_time.GetElapsedTime(started), TimeSpan.FromSeconds(6), TimeSpan.FromSeconds(20));
    }

    [Fact]
    public async Task TheDeadlineOfACaller_ReachesTheInstancesThroughTheApplication()
    {
        _catalog.Answers(FakeAnswer.Hang);
        await using var application = Application(testing => testing.UseTime(_time).Route(_catalog).Route(_pricing));
        using var client = application.CreateClient();
        client.DefaultRequestHeaders.Add("mesh-timeout", "500m");

        using var response = await client.GetAsync("/offers/7").WhileTimePasses(_time.Advance).WithinHangLimit();

        Assert.Equal(HttpStatusCode.GatewayTimeout, response.StatusCode);
        var told = Assert.Single(_catalog.Instances.SelectMany(static instance => instance.Received)).Headers["mesh-timeout"];
        Assert.InRange(int.Parse(told.TrimEnd('m'), CultureInfo.InvariantCulture), 1, 500);
    }

    [Fact]
    public async Task AServiceOfTheApplication_CanBeAnotherApplicationInMemory()
    {
        await using var catalog = Application(static _ => { });
        await using var application = Application(testing => testing.Route("catalog", catalog.Server.CreateHandler(), catalog.Server.CreateHandler()).Route(_pricing));
        using var client = application.CreateClient();

        Assert.Equal("product 7 for 9.99", await client.GetStringAsync("/offers/7").WithinHangLimit());
    }

    [Fact]
    public async Task AnApplicationInMemory_MayBeSlowAndGetsTheBodyItself()
    {
        await using var echo = Application(static _ => { });
        var service = new FakeService("echo").Answers(FakeAnswer.From(echo.Server.CreateHandler()).After(TimeSpan.FromMilliseconds(200)));
        var services = new ServiceCollection();
        services.AddMeshClient("echo");
        services.AddMeshTesting(testing => testing.UseTime(_time).Route(service));
        await using var host = services.BuildServiceProvider();

        using var response = await host.GetRequiredService<IHttpClientFactory>().CreateClient("echo").PostAsync("/echo?a=%20b", new StringContent("hello")).WhileTimePasses(_time.Advance).WithinHangLimit();

        Assert.Equal("hello", await response.Content.ReadAsStringAsync().WithinHangLimit());
        Assert.Equal("/echo?a=%20b", Assert.Single(service[0].Received).Path);
        Assert.True(_time.GetUtcNow() - service[0].Received[0].At >= TimeSpan.FromMilliseconds(200));
    }

    [Fact]
    public async Task AServiceThatTheTestForgot_IsNamedToWhoeverReadsTheFailure()
    {
        await using var application = Application(testing => testing.Route(_catalog));
        using var client = application.CreateClient();

        using var response = await client.GetAsync("/offers/7").WithinHangLimit();

        Assert.Equal(HttpStatusCode.InternalServerError, response.StatusCode);
        Assert.Contains("'pricing' was called, which the test does not route; it routes 'catalog' (3).", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task TwoApplicationsInOneProcess_ShareNothing()
    {
        var sick = new FakeService("catalog").Answers(FakeAnswer.Status(500));
        await using var first = Application(testing => testing.UseTime(_time).Route(sick).Route(_pricing));
        await using var second = Application(testing => testing.Route(_catalog).Route(_pricing));
        using var clientOfFirst = first.CreateClient();
        using var clientOfSecond = second.CreateClient();

        using var failed = await clientOfFirst.GetAsync("/offers/7").WhileTimePasses(_time.Advance).WithinHangLimit();
        var offer = await clientOfSecond.GetStringAsync("/offers/7").WithinHangLimit();

        Assert.Equal(HttpStatusCode.InternalServerError, failed.StatusCode);
        Assert.Equal("a lamp for 9.99", offer);
        Assert.NotSame(_time, second.Services.GetRequiredService<TimeProvider>());
    }

    private WebApplicationFactory<Program> Application(Action<MeshTestingBuilder> configure) => new WebApplicationFactory<Program>().WithWebHostBuilder(host => host
        .UseEnvironment("Development")
        .UseSetting("Mesh:Consul:Address", _agent.Address.AbsoluteUri)
        .UseSetting("Mesh:Registration:Port", "8080")
        .ConfigureTestServices(services => services.AddMeshTesting(configure)));
}
