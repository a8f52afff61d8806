using System.Net;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace MeshLib.Scenarios.Tests.Lifecycle;

/// <summary>The kill switch, and the synchronous way.</summary>
public class ModeScenarios
{
    private const string Sick = "http://10.0.0.1";
    private const string Well = "http://10.0.0.2";

    private readonly FakeTimeProvider _time = new();
    private readonly IConfigurationRoot _configuration = new ConfigurationBuilder().AddInMemoryCollection([new("Mesh:Mode", "Enforce")]).Build();

    [Fact]
    public async Task Mode_WhenSetToResolveWhileRunning_LeavesDiscoveryAndRoundRobinAlone()
    {
        using var transport = new ScriptedTransport();
        transport.Answer(request => ScriptedTransport.Response(request.Endpoint == Sick ? 503 : 200));
        await using var host = Host(transport);
        var client = host.GetRequiredService<IHttpClientFactory>().CreateClient("orders");
        await CallAsync(client, 10);
        Assert.All(transport.Requests, static request => Assert.Contains("mesh-timeout", request.Headers.Keys));
        Assert.True(transport.AttemptsTo(Sick) <= 5);

        _configuration["Mesh:Mode"] = "Resolve";
        _configuration.Reload();
        _time.Advance(TimeSpan.FromSeconds(2));
        var before = transport.Attempts;
        var failed = await CallAsync(client, 10);

        Assert.Equal(5, failed);
        Assert.Equal(before + 10, transport.Attempts);
        Assert.All(transport.Requests.Skip(before), static request => Assert.DoesNotContain("mesh-timeout", request.Headers.Keys));
    }

    [Fact]
    public async Task Mode_WhenObserving_ChangesNoOutcome()
    {
        _configuration["Mesh:Mode"] = "Observe";
        using var transport = new ScriptedTransport();
        transport.AnswerWith(503);
        await using var host = Host(transport);

        var failed = await CallAsync(host.GetRequiredService<IHttpClientFactory>().CreateClient("orders"), 30);

        Assert.Equal(30, failed);
        Assert.Equal(30, transport.Attempts);
    }

    [Fact]
    public async Task Send_Synchronously_IsBalancedRepeatedAndReported()
    {
        await using var fleet = new Fleet(2, Faults.Ok);
        fleet[0].Fault = Faults.Status(503);
        await using var run = new ScenarioRun(fleet.Addresses);

        for (var call = 0; call < 20; call++)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/");
            using var response = run.Client.Send(request, TestContext.Current.CancellationToken);
            using var reader = new StreamReader(response.Content.ReadAsStream(TestContext.Current.CancellationToken));

            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            Assert.NotEmpty(reader.ReadToEnd());
            Assert.NotNull(response.GetMeshReport());
        }
    }

    private static async Task<int> CallAsync(HttpClient client, int calls)
    {
        var failed = 0;
        for (var call = 0; call < calls; call++)
        {
            using var response = await client.GetAsync("/").WithinHangLimit();
            failed += response.IsSuccessStatusCode ? 0 : 1;
        }

        return failed;
    }

    private ServiceProvider Host(ScriptedTransport transport)
    {
        var services = new ServiceCollection();
        services.AddSingleton<TimeProvider>(_time);
        services.AddSingleton<IConfiguration>(_configuration);

        // Fixed back-off of zero: nobody moves the clock for a retry here.
        services.AddMesh(static options => options.Defaults.Retry.MaxBackoff = TimeSpan.Zero).AddEndpoints("orders", Sick, Well);
        services.AddMeshClient("orders").ConfigurePrimaryHttpMessageHandler(() => transport);
        return services.BuildServiceProvider();
    }
}
