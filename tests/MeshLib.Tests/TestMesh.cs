using MeshLib.TestKit;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace MeshLib.Tests;

/// <summary>A host in virtual time with one scripted transport under every client of the factory, and no pause before a retry.</summary>
internal sealed class TestMesh : IAsyncDisposable
{
    public const string First = "http://10.0.0.1:8080";
    public const string Second = "http://10.0.0.2:8080";

    private readonly ServiceProvider _services;

    public TestMesh(Action<IServiceCollection> configure, params (string Key, string Value)[] settings)
    {
        Configuration = new ConfigurationBuilder().AddInMemoryCollection(settings.Select(static setting => KeyValuePair.Create(setting.Key, (string?)setting.Value))).Build();
        var services = new ServiceCollection();
        Logs = services.AddRecordedLogs();
        services.AddSingleton<TimeProvider>(Time);
        services.AddSingleton<IConfiguration>(Configuration);
        services.ConfigureHttpClientDefaults(http => http.ConfigurePrimaryHttpMessageHandler(() => Transport));
        services.AddMesh(static options => options.Defaults.Retry.MaxBackoff = TimeSpan.Zero);
        configure(services);
        _services = services.BuildServiceProvider();
        Transport.AnswerWith(200);
    }

    public FakeTimeProvider Time { get; } = new();

    public IConfigurationRoot Configuration { get; }

    public RecordedLogs Logs { get; }

    public ScriptedTransport Transport { get; } = new();

    public IServiceProvider Services => _services;

    public IMeshDirectory Directory => _services.GetRequiredService<IMeshDirectory>();

    /// <summary>Where attempts went, as the wire saw them.</summary>
    public IReadOnlyList<string> Endpoints => [.. Transport.Requests.Select(static request => request.Endpoint)];

    /// <summary>A mesh with the client <c>orders</c> and its two endpoints.</summary>
    public static TestMesh Orders(Action<MeshOptions>? configure = null, int endpoints = 2) => new(services =>
    {
        services.AddMesh(configure).AddEndpoints("orders", endpoints == 1 ? [First] : [First, Second]);
        services.AddMeshClient("orders");
    });

    public HttpClient Client(string name = "orders") => _services.GetRequiredService<IHttpClientFactory>().CreateClient(name);

    /// <summary>One call, its answer disposed.</summary>
    public async Task<int> GetAsync(string address = "http://orders/", string client = "orders")
    {
        using var response = await Client(client).GetAsync(address).WithinHangLimit();
        return (int)response.StatusCode;
    }

    public async ValueTask DisposeAsync()
    {
        await _services.DisposeAsync();
        Transport.Dispose();
    }
}
