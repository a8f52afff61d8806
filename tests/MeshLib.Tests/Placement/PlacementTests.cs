using System.Diagnostics;
using MeshLib.TestKit;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Http.Resilience;
using Microsoft.Extensions.Time.Testing;
using Polly;

namespace MeshLib.Tests.Placement;

/// <summary>Where the handler stands in chains that others build too.</summary>
public class PlacementTests
{
    [Fact]
    public async Task Handler_StandsBelowTheUsersHandlersAndAboveTheFactorysInnerLogger()
    {
        await using var application = new MeshApplication(services => services.AddMeshClient("orders")
            .AddHttpMessageHandler(() => new Authentication())
            .ConfigureAdditionalHttpMessageHandlers((handlers, _) => handlers.Add(new Authentication())));

        var names = application.Chain().Select(handler => handler.GetType().Name).ToList();

        var mesh = names.IndexOf(nameof(MeshHandler));
        Assert.Equal(["LoggingHttpMessageHandler", nameof(SocketsHttpHandler)], names.Skip(mesh + 1));
        Assert.Equal(2, names.Take(mesh).Count(name => name == nameof(Authentication)));
        Assert.Single(names, name => name == nameof(MeshHandler));
    }

    [Fact]
    public async Task HandlerOfTheUser_RunsOncePerCallAndSeesTheLogicalAddress()
    {
        var authentication = new Authentication();
        await using var application = NewApplication(services => services.AddMeshClient("orders").AddHttpMessageHandler(() => authentication), out var transport);
        transport.AnswerWith(503);

        using var response = await application.Client().GetAsync("/a").WithinHangLimit();

        Assert.Equal(3, transport.Attempts);
        Assert.All(transport.Requests, request => Assert.Equal("Bearer 1", request.Header("Authorization")));
        Assert.Equal(["http://orders/a"], authentication.Seen);
        Assert.Equal("http://orders/a", response.RequestMessage!.RequestUri!.AbsoluteUri);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task AspireTemplate_GivesWayToTheMeshAndSaysSoOnce(bool templateFirst)
    {
        await using var application = NewApplication(
            services =>
            {
                if (templateFirst)
                {
                    AddTemplate(services);
                }

                services.AddMeshClient("orders");
                services.AddMeshClient("pricing");
                if (!templateFirst)
                {
                    AddTemplate(services);
                }
            },
            out var transport);
        transport.AnswerWith(503);

        for (var call = 0; call < 3; call++)
        {
            using var response = await application.Client().GetAsync("/").WithinHangLimit();
            Assert.Equal("orders", response.GetMeshReport()!.Service);
        }

        application.Rotate().Dispose();
        application.Rotate("pricing").Dispose();
        Assert.Equal(2, transport.AttemptsPerEndpoint.Count);
        Assert.InRange(transport.Attempts, 3, 9);
        Assert.DoesNotContain(application.Chain(), handler => handler is ResilienceHandler);
        var said = Assert.Single(application.Logs.WithEvent(400));
        Assert.Contains("00:00:30", said.Message, StringComparison.Ordinal);
        Assert.Contains("00:00:10", said.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AspireTemplate_KeepsWhatItIsForClientsOutsideTheMesh()
    {
        await using var application = NewApplication(
            services =>
            {
                AddTemplate(services);
                services.AddMeshClient("orders");
                services.AddHttpClient("plain");
            },
            out _);

        Assert.Contains(application.Chain("plain"), handler => handler is ResilienceHandler);
        Assert.DoesNotContain(application.Chain("plain"), handler => handler is MeshHandler);
    }

    [Fact]
    public async Task NamedStandardAndHedgingHandlers_AreTakenOutWithTheirSettingsNamed()
    {
        await using var application = NewApplication(
            services =>
            {
                services.AddMeshClient("orders").AddStandardResilienceHandler(options => options.Retry.MaxRetryAttempts = 7);
                services.AddMeshClient("pricing").AddStandardHedgingHandler();
            },
            out var transport);
        transport.AnswerWith(503);
        using var response = await application.Client().GetAsync("/").WithinHangLimit();

        Assert.InRange(transport.Attempts, 1, 3);
        Assert.DoesNotContain(application.Chain(), handler => handler is ResilienceHandler);
        Assert.DoesNotContain(application.Chain("pricing"), handler => handler is ResilienceHandler);
        Assert.Contains(application.Logs.WithEvent(400), entry => entry.Message.Contains("7 retries", StringComparison.Ordinal));
        Assert.Contains(application.Logs.WithEvent(400), entry => entry.Message.Contains("hedging", StringComparison.Ordinal));
    }

    [Fact]
    public async Task KeepResilienceHandlers_KeepsThem()
    {
        await using var application = NewApplication(
            services =>
            {
                services.AddMesh(options => options.KeepResilienceHandlers = true);
                services.AddMeshClient("orders").AddStandardResilienceHandler();
            },
            out _);

        Assert.Contains(application.Chain(), handler => handler is ResilienceHandler);
        Assert.Empty(application.Logs.WithEvent(400));
        Assert.Single(application.Logs.WithEvent(401));
    }

    [Theory]
    [InlineData("mine", true)]
    [InlineData("mine", false)]
    [InlineData("standard", true)]
    [InlineData("standard", false)]
    [InlineData("my-standard", true)]
    [InlineData("standard-hedging", true)]
    [InlineData("my-standard-hedging-endpoint", true)]
    public async Task ResilienceHandlerOfTheUser_WhateverItsName_StaysWithOneWarningIfItRetries(string name, bool retries)
    {
        await using var application = NewApplication(
            services => services.AddMeshClient("orders").AddResilienceHandler(name, pipeline => _ = retries
                ? pipeline.AddRetry(new HttpRetryStrategyOptions { MaxRetryAttempts = 1, Delay = TimeSpan.Zero })
                : pipeline.AddTimeout(TimeSpan.FromMinutes(1))),
            out var transport);
        transport.AnswerWith(500);

        using (await application.Client().PostAsync("/", null).WithinHangLimit())
        {
        }

        application.Rotate().Dispose();
        Assert.Equal(retries ? 2 : 1, transport.Attempts);
        Assert.Contains(application.Chain(), handler => handler is ResilienceHandler);
        Assert.Equal(retries ? 1 : 0, application.Logs.WithEvent(401).Count);
        Assert.Empty(application.Logs.WithEvent(400));
        Assert.All(transport.Requests, request => Assert.Null(request.MeshAttempt));
    }

    [Fact]
    public async Task MicrosoftsHandler_WhoseOptionsHaveOtherNames_IsRecognised()
    {
        await using var application = NewApplication(
            services =>
            {
                services.AddMeshClient("orders").AddStandardResilienceHandler(options => options.Retry.Name = "Mine");
                services.AddMeshClient("a-standard").AddStandardHedgingHandler();
            },
            out _);

        Assert.DoesNotContain(application.Chain(), handler => handler is ResilienceHandler);
        Assert.DoesNotContain(application.Chain("a-standard"), handler => handler is ResilienceHandler);
    }

    [Fact]
    public async Task PrimaryHandler_HasTheMeshsDefaults()
    {
        await using var application = new MeshApplication(services =>
        {
            services.AddMeshClient("orders");
            services.AddMesh(options => options.Services["api.example.com"].External = true);
            services.AddMeshClient("api.example.com");
        });

        var primary = Assert.IsType<SocketsHttpHandler>(application.Chain()[^1]);
        Assert.False(primary.AllowAutoRedirect || primary.UseProxy || primary.UseCookies);
        Assert.Equal(TimeSpan.FromSeconds(1.5), primary.ConnectTimeout);
        Assert.Equal(HttpKeepAlivePingPolicy.WithActiveRequests, primary.KeepAlivePingPolicy);
        Assert.InRange((primary.KeepAlivePingDelay + primary.KeepAlivePingTimeout).TotalSeconds, 1, 30);
        Assert.True(primary.PooledConnectionLifetime < TimeSpan.FromMinutes(10));
        Assert.True(primary.PooledConnectionIdleTimeout < TimeSpan.FromMinutes(2));
        Assert.Equal(true, primary.Properties["__GrpcLoadBalancingDisabled"]);

        var external = Assert.IsType<SocketsHttpHandler>(application.Chain("api.example.com")[^1]);
        Assert.True(external.AllowAutoRedirect && external.UseProxy && external.UseCookies);
    }

    [Fact]
    public async Task ExternalHost_IsToldTheTraceAndNotTheBaggage()
    {
        await using var application = new MeshApplication(services =>
        {
            services.AddMesh(options => options.Services["api.example.com"].External = true);
            services.AddMeshClient("api.example.com");
            services.AddMeshClient("orders");
        });
        using var activity = new Activity("call").SetIdFormat(ActivityIdFormat.W3C).AddBaggage("tenant", "secret").Start();

        Assert.Equal(["traceparent"], Injected("api.example.com"));
        Assert.Contains("traceparent", Injected("orders"));
        Assert.True(Injected("orders").Count > 1);

        List<string> Injected(string client)
        {
            var names = new List<string>();
            var propagator = Assert.IsType<SocketsHttpHandler>(application.Chain(client)[^1]).ActivityHeadersPropagator!;
            propagator.Inject(activity, null, (_, name, _) => names.Add(name));
            return names;
        }
    }

    [Fact]
    public async Task PrimaryHandlerOfTheUser_Wins()
    {
        using var own = new HttpClientHandler();
        await using var application = new MeshApplication(services =>
        {
            services.AddMeshClient("orders").UseSocketsHttpHandler((handler, _) => handler.AllowAutoRedirect = true);
            services.AddMeshClient("pricing").ConfigurePrimaryHttpMessageHandler(() => own);
        });

        var changed = Assert.IsType<SocketsHttpHandler>(application.Chain()[^1]);
        Assert.True(changed.AllowAutoRedirect);
        Assert.False(changed.UseProxy);
        Assert.Same(own, application.Chain("pricing")[^1]);
    }

    [Fact]
    public async Task MeshForAllClients_LeavesPrimaryHandlerAndTimeoutAlone()
    {
        await using var application = new MeshApplication(services =>
        {
            services.AddMeshToAllHttpClients();
            services.AddHttpClient("any");
            services.AddHttpClient("out").RemoveMesh();
        });

        Assert.Contains(application.Chain("any"), handler => handler is MeshHandler);
        Assert.DoesNotContain(application.Chain("out"), handler => handler is MeshHandler);
        Assert.True(Assert.IsType<SocketsHttpHandler>(application.Chain("any")[^1]).AllowAutoRedirect);
        Assert.Equal(TimeSpan.FromSeconds(100), application.Client("any").Timeout);
    }

    [Fact]
    public async Task RemoveMesh_TakesANamedClientOutAgain()
    {
        await using var application = NewApplication(services => services.AddMeshClient("orders").RemoveMesh(), out var transport);

        (await application.Client().GetAsync("/").WithinHangLimit()).Dispose();

        Assert.Equal("http://orders/", transport.Requests[0].Uri.AbsoluteUri);
        Assert.Equal(TimeSpan.FromSeconds(100), application.Client().Timeout);
    }

    [Fact]
    public async Task AddingTheMeshTwice_MakesOneHandler()
    {
        await using var application = NewApplication(
            services =>
            {
                services.AddMesh();
                services.AddMesh();
                services.AddMeshToAllHttpClients();
                services.AddMeshClient("orders").AddMeshHandler().AddMeshHandler();
            },
            out _);

        Assert.Single(application.Chain(), handler => handler is MeshHandler);
    }

    [Fact]
    public async Task KeyedClient_GoesThroughTheMesh()
    {
        await using var application = NewApplication(services => services.AddMeshClient("orders").AddAsKeyed(), out var transport);
        using var scope = application.Services.CreateScope();

        (await scope.ServiceProvider.GetRequiredKeyedService<HttpClient>("orders").GetAsync("/").WithinHangLimit()).Dispose();

        Assert.StartsWith("http://10.0.0.", transport.Requests[0].Uri.AbsoluteUri, StringComparison.Ordinal);
    }

    [Fact]
    public async Task TypedClient_HasTheServicesBaseAddress()
    {
        await using var application = NewApplication(services => services.AddMeshClient<Orders>("orders"), out var transport, client: nameof(Orders));

        Assert.Equal("ok", await application.Services.GetRequiredService<Orders>().GetAsync().WithinHangLimit());

        Assert.StartsWith("http://10.0.0.", transport.Requests[0].Uri.AbsoluteUri, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ClientsOfOneService_ShareItsEndpointsAndBudget()
    {
        await using var application = NewApplication(
            services => services.AddMeshClient<Orders>("orders", policy => policy.Retry.MaxAttempts = 2), out var transport, client: nameof(Orders));
        application.Services.GetRequiredService<IHttpClientFactory>();
        transport.AnswerWith(500);

        await Record.ExceptionAsync(() => application.Services.GetRequiredService<Orders>().GetAsync().WithinHangLimit());

        Assert.Equal(2, transport.Attempts);
        Assert.Single(application.Services.GetRequiredService<MeshServices>().Services);
    }

    [Fact]
    public async Task TenRotations_KeepEndpointsBreakersBudgetsAndTimers()
    {
        var counting = new CountingTimeProvider(new FakeTimeProvider());
        await using var application = NewApplication(services => services.AddMeshClient("orders"), out var transport, counting);
        transport.Answer(request => ScriptedTransport.Response(request.Endpoint == "http://10.0.0.1" ? 503 : 200));
        var services = application.Services.GetRequiredService<MeshServices>();
        await SendAsync(20);
        var (endpoints, budget, timers) = (services.Sets.Single().Snapshot!.All, services.Services.Single().Budget, counting.LiveTimers);
        var states = endpoints.Select(endpoint => (endpoint.State, endpoint.Latency)).ToList();

        for (var rotation = 0; rotation < 10; rotation++)
        {
            application.Rotate().Dispose();
        }

        Assert.Equal(endpoints, services.Sets.Single().Snapshot!.All);
        Assert.Same(budget, services.Services.Single().Budget);
        Assert.Equal(states, endpoints.Select(endpoint => (endpoint.State, endpoint.Latency)));

        // The wait for the first answer of discovery may have had one that was still about to go.
        Assert.InRange(counting.LiveTimers, 1, timers);

        async Task SendAsync(int calls)
        {
            for (var call = 0; call < calls; call++)
            {
                (await application.Client().PostAsync("/", null).WithinHangLimit()).Dispose();
            }
        }
    }

    [Fact]
    public async Task HandlerOutsideTheFactory_IsTheSame()
    {
        await using var application = new MeshApplication(services => services.AddMesh());
        using var sockets = new SocketsHttpHandler();
        using var handler = application.Services.GetRequiredService<IMeshHandlerFactory>().CreateHandler(sockets);
        Assert.Equal(true, sockets.Properties["__GrpcLoadBalancingDisabled"]);
        using var client = new HttpClient(application.Services.GetRequiredService<IMeshHandlerFactory>().CreateHandler(application.Transport)) { BaseAddress = new Uri("http://orders") };

        Assert.Equal("ok", await client.GetStringAsync("/").WithinHangLimit());

        Assert.StartsWith("http://10.0.0.", application.Transport.Requests[0].Uri.AbsoluteUri, StringComparison.Ordinal);
    }

    private static void AddTemplate(IServiceCollection services)
    {
        // As the Aspire template's AddServiceDefaults writes it.
        services.AddServiceDiscovery();
        services.ConfigureHttpClientDefaults(http =>
        {
            http.AddStandardResilienceHandler();
            http.AddServiceDiscovery();
        });
    }

    private static MeshApplication NewApplication(Action<IServiceCollection> configure, out ScriptedTransport transport, TimeProvider? time = null, string client = "orders")
    {
        ScriptedTransport? wire = null;
        var application = new MeshApplication(
            services =>
            {
                configure(services);
                services.AddHttpClient(client).ConfigurePrimaryHttpMessageHandler(() => wire!);
            },
            time);
        wire = transport = application.Transport;
        return application;
    }

    private sealed class Authentication : DelegatingHandler
    {
        public List<string> Seen { get; } = [];

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Seen.Add(request.RequestUri!.AbsoluteUri);
            request.Headers.Authorization = new("Bearer", $"{Seen.Count}");
            return base.SendAsync(request, cancellationToken);
        }
    }

    private sealed class Orders(HttpClient http)
    {
        public Task<string> GetAsync() => http.GetStringAsync("/");
    }
}
