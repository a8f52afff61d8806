using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace MeshLib.Scenarios.Tests.Traps;

public partial class CompositionTraps
{
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(100);

    [Fact]
    public async Task T13_StackedHandlers_Mesh_DoesNotMultiplyAndSaysWhatItDropped()
    {
        await using var host = new TrapHost(services =>
        {
            services.AddAspireTemplate();
            services.AddHttpClient(TrapHost.Orders).AddStandardResilienceHandler(TrapClients.RetryAtOnce);
            services.AddMeshClient(TrapHost.Orders);
            services.AddMeshClient(TrapHost.Orders);
        });
        host.Transport.AnswerWith(503);

        await host.CallAsync(2);

        Assert.Equal(2 * 3, host.Transport.Attempts);
        var warnings = host.Logs.Of("MeshLib").Where(entry => entry.Level == LogLevel.Warning && entry.Message.Contains("resilience pipeline", StringComparison.Ordinal)).ToList();
        Assert.Equal(2, warnings.Count);
        Assert.All(warnings, warning => Assert.Contains("3 retries", warning.Message, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task T14_OrderOfRegistration_Mesh_DoesNotMatter(bool meshFirst)
    {
        var userHandlerCalls = 0;
        await using var host = new TrapHost(services =>
        {
            services.AddServiceDiscovery();
            var builder = services.AddHttpClient(TrapHost.Orders);
            if (meshFirst)
            {
                builder.AddMeshHandler();
            }

            builder.AddHttpMessageHandler(() => new Observing(_ => userHandlerCalls++)).AddServiceDiscovery();
            if (!meshFirst)
            {
                builder.AddMeshHandler();
            }
        });
        host.Transport.AnswerWith(503);

        await host.CallAsync(1);

        Assert.Equal(3, host.Hosts.Distinct().Count());
        Assert.Equal(3, host.Transport.Attempts);
        Assert.Equal(1, userHandlerCalls);
    }

    [Fact]
    public async Task T15_OneServiceFails_Mesh_LeavesEveryOtherAlone()
    {
        await using var host = new TrapHost(services =>
        {
            services.AddMesh().AddEndpoints("good", "http://10.0.1.1:8080");
            services.AddAspireTemplate();
            services.AddMeshClient(TrapHost.Orders);
            services.AddMeshClient("good");
        });
        host.Transport.Answer(request => ScriptedTransport.Response(request.Uri.Host == "10.0.1.1" ? 200 : 503));
        await host.CallAsync(100);

        using var response = await host.Client("good").GetAsync("/");

        Assert.True(response.IsSuccessStatusCode);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task T16_ClientTimeout_Mesh_BecomesThePolicysTimeout(bool setBefore)
    {
        var time = new FakeTimeProvider();
        await using var host = new TrapHost(
            services =>
            {
                var builder = services.AddHttpClient(TrapHost.Orders);
                if (setBefore)
                {
                    builder.ConfigureHttpClient(client => client.Timeout = TimeSpan.FromSeconds(7));
                }

                builder.AddMeshHandler();
                if (!setBefore)
                {
                    builder.ConfigureHttpClient(client => client.Timeout = TimeSpan.FromSeconds(7));
                }
            },
            time);
        host.Transport.Answer((Func<ScriptedRequest, HttpResponseMessage>?)null);
        var client = host.Client();
        var start = time.GetUtcNow();

        var end = await time.AdvanceUntilEndedAsync(host.CallAsync(1, client), Step, TimeSpan.FromSeconds(20));

        Assert.IsType<DeadlineExceededException>(Assert.Single(end));
        Assert.Equal(Timeout.InfiniteTimeSpan, client.Timeout);
        Assert.InRange(time.GetUtcNow() - start, TimeSpan.FromSeconds(6.9), TimeSpan.FromSeconds(7.5));
    }

    [Fact]
    public async Task T16_StockClientTimeout_Mesh_GivesWayToThePolicy()
    {
        await using var host = TrapHost.Mesh(new FakeTimeProvider());

        Assert.Equal(Timeout.InfiniteTimeSpan, host.Client().Timeout);
        await host.CallAsync(1);
        Assert.Equal("3000m", host.Transport.Requests[0].MeshTimeout);
    }

    [Fact]
    public async Task T17_SingletonClient_Mesh_SeesEveryChange()
    {
        var source = new ManualEndpointSource();
        await using var host = TrapHost.Mesh(source);
        source.Publish(TrapHost.Orders, TrapHost.Address(0));
        var singleton = host.Client();
        await host.CallAsync(1, singleton);

        source.Publish(TrapHost.Orders, TrapHost.Address(1));
        await Eventually.BecomesTrueAsync(() => host.View.Endpoints is [var only] && only.Address == new Uri(TrapHost.Address(1)));
        await host.CallAsync(1, singleton);

        Assert.Equal([0, 1], host.Hosts);
    }

    [Fact]
    public async Task T17_SingletonClient_Mesh_RenewsItsConnections()
    {
        HttpMessageHandler? primary = null;
        var services = new ServiceCollection();
        services.AddMeshClient(TrapHost.Orders).ConfigureAdditionalHttpMessageHandlers((_, _) => { });
        services.Configure<HttpClientFactoryOptions>(TrapHost.Orders, options => options.HttpMessageHandlerBuilderActions.Add(builder => primary = builder.PrimaryHandler));
        await using var provider = services.BuildServiceProvider();
        _ = provider.GetRequiredService<IHttpMessageHandlerFactory>().CreateHandler(TrapHost.Orders);

        var sockets = Assert.IsType<SocketsHttpHandler>(primary);
        Assert.InRange(sockets.PooledConnectionLifetime, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(15));
    }

    [Fact]
    public async Task T38_AspireTemplate_Mesh_SeesTheServicesName()
    {
        Uri? seen = null;
        var time = new FakeTimeProvider();
        await using var host = new TrapHost(
            services =>
            {
                services.AddMesh(mesh => mesh.Services[TrapHost.Orders].Timeout = TimeSpan.FromSeconds(2));
                services.AddMeshClient(TrapHost.Orders).AddHttpMessageHandler(() => new Observing(request => seen = request.RequestUri));
                services.AddAspireTemplate();
            },
            time);
        host.Transport.Answer(request => ScriptedTransport.Response(request.Endpoint == TrapHost.Address(0) ? 503 : 200));

        var ends = await time.AdvanceUntilEndedAsync(host.CallAsync(60), Step, TimeSpan.FromMinutes(1));

        Assert.All(ends, Assert.Null);
        Assert.Equal(TrapHost.Orders, seen?.Host);
        Assert.Equal(3, host.View.Endpoints.Count);

        // The policy was found by the service's name: 2 s, of which an attempt may take all.
        Assert.Equal("2000m", host.Transport.Requests[0].MeshTimeout);
    }
}
