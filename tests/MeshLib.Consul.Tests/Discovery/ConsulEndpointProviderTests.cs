using System.Net;
using System.Text.Json.Nodes;
using MeshLib.TestKit;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Primitives;
using Microsoft.Extensions.ServiceDiscovery;
using static MeshLib.Consul.Tests.TestConsul;

namespace MeshLib.Consul.Tests;

/// <summary>What Microsoft's discovery and the mesh get from Consul.</summary>
public sealed class ConsulEndpointProviderTests : IDisposable
{
    private readonly ScriptedConsulCatalog _catalog = new();
    private readonly CapturedLogs _logs = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _logs.Dispose();

    [Theory]
    [InlineData("http://127.0.0.1")]
    [InlineData("http://[::1]")]
    [InlineData("http://localhost")]
    [InlineData("http://LOCALHOST:80")]
    [InlineData("http://api.example.com")]
    [InlineData("http://orders.")]
    [InlineData("")]
    public async Task Factory_OfANameThatCannotBeAService_StandsAside(string name)
    {
        await using var consul = new ScriptedConsul(_catalog.AnswerAsync);
        await using var host = Host(consul);

        Assert.False(ServiceEndpointQuery.TryParse(name.Length > 0 ? name : "http:///", out var query) && Factory(host).TryCreateProvider(query, out _));
    }

    [Fact]
    public async Task Factory_WhenConsulIsDisabled_StandsAside()
    {
        await using var consul = new ScriptedConsul(_catalog.AnswerAsync);
        await using var host = Host(consul, ("Mesh:Consul:Enabled", "false"));

        Assert.False(Factory(host).TryCreateProvider(Query("http://orders"), out _));
        Assert.Empty(consul.Requests);
    }

    [Fact]
    public async Task Populate_GivesInstancesWithMetadataStatusAndAnActiveToken()
    {
        _catalog.Set("orders", ScriptedConsulCatalog.Row("orders", "a", "10.0.0.1", 8080, meta: new JsonObject { ["zone"] = "z1" }), ScriptedConsulCatalog.Row("orders", "b", "10.0.0.2", 8080, "critical"));
        await using var consul = new ScriptedConsul(_catalog.AnswerAsync);
        await using var host = Host(consul);
        var builder = await PopulateAsync(Provider(host, "http://orders"));

        var endpoint = Assert.Single(builder.Endpoints);
        Assert.Equal("http://10.0.0.1:8080/", ((UriEndPoint)endpoint.EndPoint).Uri.AbsoluteUri);
        Assert.Equal("z1", endpoint.Features.Get<EndpointMetadata>()!.Zone);
        var status = builder.Features.Get<IEndpointSourceStatus>()!;
        Assert.Equal(("consul", TimeSpan.Zero, null), (status.Source, status.StaleFor, status.Problem));
        Assert.All(builder.Tokens, token => Assert.True(token.ActiveChangeCallbacks));
        Assert.Single(builder.Tokens);
    }

    [Fact]
    public async Task Populate_ForAConsumerThatUnderstandsHealth_ListsUnhealthyInstancesToo()
    {
        _catalog.Set("orders", ScriptedConsulCatalog.Row("orders", "a", "10.0.0.1", 8080), ScriptedConsulCatalog.Row("orders", "b", "10.0.0.2", 8080, "critical"));
        await using var consul = new ScriptedConsul(_catalog.AnswerAsync);
        await using var host = Host(consul);
        var builder = new RecordingBuilder();
        builder.Features.Set<IUnhealthyEndpointsAccepted>(new Accepts());
        await Provider(host, "http://orders").PopulateAsync(builder, Cancel);

        Assert.Equal([true, false], builder.Endpoints.Select(endpoint => endpoint.Features.Get<EndpointMetadata>()!.Healthy));
    }

    [Fact]
    public async Task Populate_WhenSomebodyElseKnowsEndpoints_StandsDownAndAsksNothing()
    {
        await using var consul = new ScriptedConsul(_catalog.AnswerAsync);
        await using var host = Host(consul);
        var builder = new RecordingBuilder();
        builder.Endpoints.Add(ServiceEndpoint.Create(new DnsEndPoint("configured", 80)));
        await Provider(host, "http://orders").PopulateAsync(builder, Cancel);

        Assert.Single(builder.Endpoints);
        Assert.Empty(builder.Tokens);
        Assert.Empty(consul.Requests);
    }

    [Theory]
    [InlineData("http://orders", null, "http://10.0.0.1:8080/")]
    [InlineData("http://orders", "https", "https://10.0.0.1:8080/")]
    [InlineData("https://orders", "http", null)]
    [InlineData("https://orders", null, "https://10.0.0.1:8080/")]
    [InlineData("https+http://orders", null, "http://10.0.0.1:8080/")]
    [InlineData("https+http://orders", "http", "http://10.0.0.1:8080/")]
    [InlineData("https+http://orders", "https", "https://10.0.0.1:8080/")]
    [InlineData("orders", null, "10.0.0.1:8080")]
    [InlineData("orders", "https", "https://10.0.0.1:8080/")]
    [InlineData("http://_admin.orders", null, "http://10.0.0.1:9090/")]
    [InlineData("http://_other.orders", null, null)]
    public async Task Populate_AgreesOnSchemeAndPortAndNeverLowersACallToPlainText(string name, string? scheme, string? expected)
    {
        var meta = new JsonObject { ["port-admin"] = "9090" };
        if (scheme is not null)
        {
            meta["scheme"] = scheme;
        }

        _catalog.Set("orders", ScriptedConsulCatalog.Row("orders", "a", "10.0.0.1", 8080, meta: meta));
        await using var consul = new ScriptedConsul(_catalog.AnswerAsync);
        await using var host = Host(consul);
        var builder = await PopulateAsync(Provider(host, name));

        Assert.Equal(expected is null ? [] : [expected], builder.Endpoints.Select(endpoint => endpoint.EndPoint.ToString()!));
    }

    [Fact]
    [Trait("Scenario", "T3")]
    public async Task Populate_AfterTheFirstAnswer_NeverFailsAgain()
    {
        _catalog.Set("orders", ScriptedConsulCatalog.Row("orders", "a", "10.0.0.1", 8080));
        await using var consul = new ScriptedConsul(_catalog.AnswerAsync);
        await using var host = Host(consul);
        var provider = Provider(host, "http://orders");
        var first = await PopulateAsync(provider);
        var status = first.Features.Get<IEndpointSourceStatus>()!;
        consul.Script = _ => Task.FromResult(ScriptedConsulReply.Reset());
        _catalog.Set("orders", ScriptedConsulCatalog.Row("orders", "a", "10.0.0.1", 8080));
        await UntilAsync(() => status.Problem is not null);

        for (var i = 0; i < 3; i++)
        {
            Assert.Single((await PopulateAsync(provider)).Endpoints);
        }

        await host.DisposeAsync();
        Assert.Single((await PopulateAsync(provider)).Endpoints);
    }

    [Fact]
    [Trait("Scenario", "T4")]
    public async Task Populate_WhileConsulIsSlow_CopiesWhatItKnows()
    {
        _catalog.Set("orders", ScriptedConsulCatalog.Row("orders", "a", "10.0.0.1", 8080));
        await using var consul = new ScriptedConsul(_catalog.AnswerAsync);
        await using var host = Host(consul);
        var provider = Provider(host, "http://orders");
        await PopulateAsync(provider);
        consul.Script = _ => Task.FromResult(ScriptedConsulReply.Hang());

        Assert.True(provider.PopulateAsync(new RecordingBuilder(), Cancel).AsTask().IsCompletedSuccessfully);
    }

    [Fact]
    [Trait("Scenario", "D23")]
    public async Task Populate_BeforeTheFirstAnswer_FailsWithinTheLimitSayingWhyAndWorksOnceConsulAnswers()
    {
        await using var consul = new ScriptedConsul(_ => ScriptedConsulReply.Status(500, "No cluster leader"));
        await using var host = Host(consul, ("Mesh:Consul:FirstAnswerTimeout", "00:00:00.3"));
        var provider = Provider(host, "http://orders");

        var builder = new RecordingBuilder();
        var error = await Assert.ThrowsAsync<ConsulException>(async () => await provider.PopulateAsync(builder, Cancel));
        Assert.Contains("'orders'", error.Message, StringComparison.Ordinal);
        Assert.Contains("No cluster leader", error.Message, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.InternalServerError, error.StatusCode);

        _catalog.Set("orders", ScriptedConsulCatalog.Row("orders", "a", "10.0.0.1", 8080));
        consul.Script = _catalog.AnswerAsync;
        await UntilAsync(() => Assert.Single(builder.Tokens).HasChanged);
        Assert.Single((await PopulateAsync(provider)).Endpoints);
    }

    [Fact]
    [Trait("Scenario", "T5")]
    public async Task MicrosoftDiscovery_Alone_IsPushedEveryChange()
    {
        _catalog.Set("orders", ScriptedConsulCatalog.Row("orders", "a", "10.0.0.1", 8080));
        await using var consul = new ScriptedConsul(_catalog.AnswerAsync);
        await using var host = Host(consul);
        var resolver = host.GetRequiredService<ServiceEndpointResolver>();
        Assert.Equal(["http://10.0.0.1:8080/"], await ResolveAsync());

        for (var port = 8081; port < 8086; port++)
        {
            _catalog.Set("orders", ScriptedConsulCatalog.Row("orders", "a", "10.0.0.1", port));
            await UntilAsync(async () => await ResolveAsync() is [var only] && only == $"http://10.0.0.1:{port}/");
        }

        async Task<string[]> ResolveAsync() => [.. (await resolver.GetEndpointsAsync("http://orders", Cancel)).Endpoints.Select(endpoint => endpoint.EndPoint.ToString()!)];
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task MicrosoftDiscovery_WithConfiguredEndpoints_PrefersThemInAnyOrderOfRegistration(bool consulFirst)
    {
        _catalog.Set("orders", ScriptedConsulCatalog.Row("orders", "a", "10.0.0.1", 8080));
        await using var consul = new ScriptedConsul(_catalog.AnswerAsync);
        await using var host = Host(consul, consulFirst, ("Services:orders:http:0", "http://configured:1"));
        var source = await host.GetRequiredService<ServiceEndpointResolver>().GetEndpointsAsync("http://orders", Cancel);

        Assert.Equal("http://configured:1/", Assert.Single(source.Endpoints).EndPoint.ToString());
    }

    [Fact]
    [Trait("Scenario", "R10")]
    public async Task Host_WhenDisposed_LeavesNoRequestInFlight()
    {
        await using var consul = new ScriptedConsul(_catalog.AnswerAsync);
        var host = Host(consul);
        await PopulateAsync(Provider(host, "http://orders"));
        await PopulateAsync(Provider(host, "http://payments"));
        await UntilAsync(() => consul.InFlight == 2);
        await host.DisposeAsync();

        await UntilAsync(() => consul.InFlight == 0);
        Assert.DoesNotContain(_logs.Entries, entry => entry.Level >= LogLevel.Warning);
    }

    [Fact]
    [Trait("Scenario", "D16")]
    public async Task AnInstanceThatFlaps_EndsAsItsLastStateSaysAndCostsFewReads()
    {
        var stable = ScriptedConsulCatalog.Row("orders", "a", "10.0.0.1", 8080);
        var flapping = ScriptedConsulCatalog.Row("orders", "b", "10.0.0.2", 8080);
        _catalog.Set("orders", stable, flapping);
        await using var consul = new ScriptedConsul(_catalog.AnswerAsync);
        await using var host = Host(consul);
        var provider = Provider(host, "http://orders");
        await PopulateAsync(provider);
        for (var i = 0; i < 20; i++)
        {
            _catalog.Set("orders", stable, flapping);
            _catalog.Set("orders", stable);
        }

        await UntilAsync(async () => (await PopulateAsync(provider)).Endpoints.Count == 1);
        Assert.InRange(consul.Requests.Count, 2, 20);
    }

    private ServiceProvider Host(ScriptedConsul consul, params (string Key, string Value)[] settings) => Host(consul, consulFirst: false, settings);

    private ServiceProvider Host(ScriptedConsul consul, bool consulFirst, params (string Key, string Value)[] settings)
    {
        var services = new ServiceCollection();
        services.AddSingleton<IConfiguration>(new ConfigurationBuilder().AddInMemoryCollection(settings.Select(pair => KeyValuePair.Create(pair.Key, (string?)pair.Value))).Build());
        services.AddLogging(builder => builder.SetMinimumLevel(LogLevel.Trace).AddProvider(_logs));
        if (consulFirst)
        {
            services.AddConsulServiceEndpointProvider(options => options.Address = consul.Address);
            services.AddServiceDiscovery();
        }
        else
        {
            services.AddServiceDiscovery();
            services.AddConsulServiceEndpointProvider(options => options.Address = consul.Address);
        }

        return services.BuildServiceProvider();
    }

    private static ConsulEndpointProviderFactory Factory(ServiceProvider host) => host.GetServices<IServiceEndpointProviderFactory>().OfType<ConsulEndpointProviderFactory>().Single();

    private static IServiceEndpointProvider Provider(ServiceProvider host, string name)
    {
        Assert.True(Factory(host).TryCreateProvider(Query(name), out var provider));
        return provider;
    }

    private static ServiceEndpointQuery Query(string name) => ServiceEndpointQuery.TryParse(name, out var query) ? query : throw new ArgumentException(name);

    private static async Task<RecordingBuilder> PopulateAsync(IServiceEndpointProvider provider)
    {
        var builder = new RecordingBuilder();
        await provider.PopulateAsync(builder, Cancel);
        return builder;
    }

    private sealed class Accepts : IUnhealthyEndpointsAccepted;

    private sealed class RecordingBuilder : IServiceEndpointBuilder
    {
        public IList<ServiceEndpoint> Endpoints { get; } = [];

        public IFeatureCollection Features { get; } = new FeatureCollection();

        public List<IChangeToken> Tokens { get; } = [];

        public void AddChangeToken(IChangeToken changeToken) => Tokens.Add(changeToken);
    }
}
