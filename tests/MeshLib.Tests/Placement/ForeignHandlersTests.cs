using MeshLib.TestKit;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Http.Resilience;

namespace MeshLib.Tests.Placement;

/// <summary>What other packages put into a mesh client's chain.</summary>
public class ForeignHandlersTests
{
    private const int TakenOut = 400;
    private const int RetriesOutside = 401;
    private const int MicrosoftsRetries = 5;

    [Fact]
    public async Task KeepResilienceHandlers_InConfiguration_KeepsMicrosoftsAndSaysThatItRetries()
    {
        IList<DelegatingHandler> chain = [];
        await using var mesh = new TestMesh(
            services =>
            {
                services.AddMesh().AddEndpoints("orders", TestMesh.First);
                services.AddMeshClient("orders").ConfigureAdditionalHttpMessageHandlers((handlers, _) => chain = handlers).AddStandardResilienceHandler();
            },
            ("Mesh:KeepResilienceHandlers", "true"));

        await mesh.GetAsync();

        Assert.Single(chain.OfType<ResilienceHandler>());
        Assert.Contains("'orders-standard'", Assert.Single(mesh.Logs.WithEvent(RetriesOutside)).Message, StringComparison.Ordinal);
        Assert.Empty(mesh.Logs.WithEvent(TakenOut));
    }

    public static TheoryData<bool> Clients => [true, false];

    [Theory]
    [MemberData(nameof(Clients))]
    public async Task MicrosoftsHandlers_ForAHostThatIsPassedThrough_WorkAsWithoutTheMesh(bool forAll)
    {
        await using var mesh = WithTemplate(forAll);
        mesh.Transport.AnswerWith(503);

        Assert.Equal(503, await mesh.GetAsync("http://api.example.com/"));

        Assert.Equal(1 + MicrosoftsRetries, mesh.Transport.AttemptsTo("http://api.example.com"));
        Assert.All(mesh.Transport.Requests, static request => Assert.Empty(request.Headers));
    }

    [Theory]
    [MemberData(nameof(Clients))]
    public async Task MicrosoftsHandlers_ForAServiceOfTheMesh_RepeatNothing(bool forAll)
    {
        await using var mesh = WithTemplate(forAll);
        mesh.Transport.AnswerWith(503);

        Assert.Equal(503, await mesh.GetAsync());

        Assert.Equal(3, mesh.Transport.Attempts);
        Assert.All(mesh.Transport.Requests, static request => Assert.NotNull(request.MeshTimeout));
    }

    [Fact]
    public async Task BypassedRequest_IsResolvedAndRepeatedByMicrosoftsHandlers()
    {
        await using var mesh = WithTemplate(forAll: false);
        mesh.Transport.AnswerWith(503);
        using var request = new HttpRequestMessage(HttpMethod.Get, "http://orders/");
        request.BypassMesh();

        using var response = await mesh.Client().SendAsync(request).WithinHangLimit();

        Assert.Equal(1 + MicrosoftsRetries, mesh.Transport.Attempts);
        Assert.All(mesh.Endpoints, static endpoint => Assert.Contains(endpoint, new[] { TestMesh.First, TestMesh.Second }));
    }

    [Fact]
    public async Task SynchronousRequest_ThatIsPassedThrough_IsRepeatedByMicrosoftsHandlers()
    {
        await using var mesh = WithTemplate(forAll: true);
        mesh.Transport.AnswerWith(503);

        using var response = await Task.Run(() => mesh.Client().Send(new HttpRequestMessage(HttpMethod.Get, "http://api.example.com/"), HttpCompletionOption.ResponseHeadersRead)).WithinHangLimit();

        Assert.Equal(1 + MicrosoftsRetries, mesh.Transport.Attempts);
    }

    [Fact]
    public async Task HandlersOfTheUser_ForAHostThatIsPassedThrough_RunOncePerCall()
    {
        var calls = 0;
        await using var mesh = WithTemplate(forAll: true, services => services.AddHttpClient("orders").AddHttpMessageHandler(() => new Counting(() => calls++)));
        mesh.Transport.AnswerWith(503);

        await mesh.GetAsync("http://api.example.com/");

        Assert.Equal(1, calls);
    }

    public static TheoryData<MeshMode, bool> ModesAndSends => new MatrixTheoryData<MeshMode, bool>(Enum.GetValues<MeshMode>(), [false, true]);

    [Theory]
    [MemberData(nameof(ModesAndSends))]
    public async Task FailureOfOneAttempt_IsMendedInEveryMode(MeshMode mode, bool synchronous)
    {
        var calls = 0;
        await using var mesh = WithTemplate(forAll: false, services =>
        {
            services.AddMesh(options => options.Mode = mode);
            services.AddHttpClient("orders").AddHttpMessageHandler(() => new Counting(() => calls++));
        });
        mesh.Transport.Answer(request => new((System.Net.HttpStatusCode)(request.Number == 1 ? 503 : 200)));
        using var request = new HttpRequestMessage(HttpMethod.Get, "http://orders/");

        using var response = await (synchronous
            ? Task.Run(() => mesh.Client().Send(request, HttpCompletionOption.ResponseHeadersRead))
            : mesh.Client().SendAsync(request)).WithinHangLimit();

        Assert.Equal(200, (int)response.StatusCode);
        Assert.Equal(2, mesh.Transport.Attempts);
        Assert.All(mesh.Endpoints, static endpoint => Assert.Contains(endpoint, new[] { TestMesh.First, TestMesh.Second }));
        Assert.Equal(1, calls);
        Assert.Equal("http://orders/", request.RequestUri!.AbsoluteUri);
        Assert.All(mesh.Transport.Requests, sent => Assert.Equal(mode == MeshMode.Enforce, sent.MeshTimeout is not null));
    }

    public static TheoryData<MeshMode> Modes => [.. Enum.GetValues<MeshMode>()];

    [Theory]
    [MemberData(nameof(Modes))]
    public async Task ServerThatHangs_EndsTheCallInEveryMode(MeshMode mode)
    {
        await using var mesh = WithTemplate(forAll: false, services => services.AddMesh(options => options.Mode = mode));
        mesh.Transport.Answer((Func<ScriptedRequest, HttpResponseMessage>?)null);

        var call = mesh.Client().GetAsync("http://orders/");
        await mesh.Transport.NextAsync();

        // As the mesh ends it, or as Microsoft's total timeout does without one.
        var error = await Assert.ThrowsAnyAsync<Exception>(() => mesh.Time.AdvanceUntilEndedAsync(call, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(2)));
        Assert.Equal(mode == MeshMode.Enforce ? typeof(DeadlineExceededException) : typeof(Polly.Timeout.TimeoutRejectedException), error.GetType());
        await Eventually.EqualsAsync(0, () => mesh.Transport.InFlight);
    }

    [Theory]
    [InlineData(MeshMode.Observe, MeshMode.Enforce, 1 + MicrosoftsRetries)]
    [InlineData(MeshMode.Enforce, MeshMode.Resolve, 3)]
    public async Task Call_KeepsTheModeThatItBeganIn(MeshMode first, MeshMode then, int attempts)
    {
        await using var mesh = WithTemplate(forAll: false, settings: ("Mesh:Mode", first.ToString()));
        mesh.Transport.Answer((Func<ScriptedRequest, HttpResponseMessage>?)null);

        var call = mesh.GetAsync();
        var exchange = await mesh.Transport.NextAsync();
        mesh.Configuration["Mesh:Mode"] = then.ToString();
        mesh.Configuration.Reload();
        await mesh.Time.AdvanceUntilAsync(
            () => mesh.Services.GetRequiredService<MeshPolicies>().ForService("orders").Mode == then, TimeSpan.FromMilliseconds(250), TimeSpan.FromMilliseconds(2_000));
        mesh.Transport.AnswerWith(503);
        exchange.Respond(503);

        Assert.Equal(503, await call);
        Assert.Equal(attempts, mesh.Transport.Attempts);
        Assert.All(mesh.Transport.Requests, sent => Assert.Equal(first == MeshMode.Enforce, sent.MeshTimeout is not null));

        // And the next one begins in the new mode.
        await mesh.GetAsync();
        Assert.Equal(1 + MicrosoftsRetries + 3, mesh.Transport.Attempts);
    }

    [Theory]
    [MemberData(nameof(Modes))]
    public async Task HostThatIsPassedThrough_GoesThroughMicrosoftsHandlersOnceInEveryMode(MeshMode mode)
    {
        await using var mesh = WithTemplate(forAll: false, services => services.AddMesh(options => options.Mode = mode));
        mesh.Transport.AnswerWith(503);

        await mesh.GetAsync("http://api.example.com/");

        Assert.Equal(1 + MicrosoftsRetries, mesh.Transport.AttemptsTo("http://api.example.com"));
    }

    [Fact]
    public async Task MicrosoftsHedging_OfACallThatIsOnlyObserved_SendsItsCopiesThroughTheMesh()
    {
        await using var mesh = new TestMesh(services =>
        {
            services.AddMesh(static options => options.Mode = MeshMode.Observe).AddEndpoints("orders", TestMesh.First, TestMesh.Second);
            services.AddMeshClient("orders").AddStandardHedgingHandler();
        });
        mesh.Transport.Answer(static request => ScriptedTransport.Response(request.Number == 1 ? 503 : 200));

        using var response = await mesh.Client().GetAsync("/").WithinHangLimit();

        Assert.Equal(200, (int)response.StatusCode);
        Assert.Equal(2, mesh.Transport.Attempts);
        Assert.All(mesh.Endpoints, static endpoint => Assert.Contains(endpoint, new[] { TestMesh.First, TestMesh.Second }));
    }

    [Fact]
    public async Task RequestThatWasObserved_AndIsSentAgainPastTheMesh_PassesThrough()
    {
        var followed = 0;
        await using var mesh = WithTemplate(forAll: false, configure =>
        {
            configure.AddMesh(static options => options.Mode = MeshMode.Observe);
            configure.AddHttpClient("orders").AddHttpMessageHandler(() => new Elsewhere(() => followed++));
        });
        mesh.Transport.Answer(static request => ScriptedTransport.Response(request.Uri.Host == "api.example.com" ? 200 : 404));

        Assert.Equal(200, await mesh.GetAsync());

        Assert.Equal(1, followed);
        Assert.Equal(1, mesh.Transport.AttemptsTo("http://api.example.com"));
        Assert.Equal(2, mesh.Transport.Attempts);
    }

    // As the Aspire template's AddServiceDefaults writes it.
    private static TestMesh WithTemplate(bool forAll, Action<IServiceCollection>? configure = null, params (string Key, string Value)[] settings) => new(
        services =>
    {
        services.AddServiceDiscovery();
        services.ConfigureHttpClientDefaults(static http =>
        {
            http.AddStandardResilienceHandler(static options => (options.Retry.Delay, options.Retry.MaxRetryAttempts) = (TimeSpan.Zero, MicrosoftsRetries));
            http.AddServiceDiscovery();
        });
        var mesh = forAll ? services.AddMeshToAllHttpClients() : services.AddMesh();
        mesh.AddEndpoints("orders", TestMesh.First, TestMesh.Second);
        if (!forAll)
        {
            services.AddMeshClient("orders");
        }

        configure?.Invoke(services);
    },
        settings);

    private sealed class Counting(Action called) : DelegatingHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            called();
            return base.SendAsync(request, cancellationToken);
        }

        protected override HttpResponseMessage Send(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            called();
            return base.Send(request, cancellationToken);
        }
    }

    /// <summary>Sends what a service does not have to a host outside, as a handler that follows redirects does.</summary>
    private sealed class Elsewhere(Action followed) : DelegatingHandler
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            (await base.SendAsync(request, cancellationToken)).Dispose();
            followed();
            request.RequestUri = new Uri("http://api.example.com/");
            return await base.SendAsync(request, cancellationToken);
        }
    }
}
