using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Polly;
using Polly.Telemetry;

namespace MeshLib.Scenarios.Tests.Traps;

/// <summary>
/// A container with <c>orders</c> at a few configured addresses and one scripted transport under every client. Polly and discovery run on the given clock.
/// </summary>
internal sealed partial class TrapHost : IAsyncDisposable
{
    public const string Orders = "orders";

    private readonly ServiceProvider _services;

    public TrapHost(Action<IServiceCollection> configure, TimeProvider? time = null, int endpoints = 3)
    {
        time ??= TimeProvider.System;
        Configuration = new ConfigurationBuilder().AddInMemoryCollection(
            Enumerable.Range(0, endpoints).Select(index => KeyValuePair.Create($"Services:orders:http:{index}", (string?)Address(index)))).Build();
        var services = new ServiceCollection();
        Logs = services.AddRecordedLogs();
        services.AddSingleton<IConfiguration>(Configuration);
        services.AddSingleton(time);

        // As Polly registers it, but on the given clock: Polly takes its time from the builder and not from the container.
        services.AddTransient(provider =>
        {
            var builder = new ResiliencePipelineBuilder { TimeProvider = time };
            builder.ConfigureTelemetry(provider.GetRequiredService<IOptions<TelemetryOptions>>().Value);
            return builder;
        });
        services.ConfigureHttpClientDefaults(http => http.ConfigurePrimaryHttpMessageHandler(() => Transport));
        configure(services);
        _services = services.BuildServiceProvider();
        Transport.AnswerWith(200);
    }

    public IConfigurationRoot Configuration { get; }

    public RecordedLogs Logs { get; }

    public ScriptedTransport Transport { get; } = new();

    public IServiceProvider Services => _services;

    /// <summary>The hosts that attempts went to, as the index of the configured address, in order.</summary>
    public IReadOnlyList<int> Hosts => [.. Transport.Requests.Select(request => request.Uri.Host[^1] - '1')];

    public static string Address(int index) => $"http://10.0.0.{index + 1}:8080";

    public HttpClient Client(string name = Orders) => _services.GetRequiredService<IHttpClientFactory>().CreateClient(name);

    /// <summary>Makes calls one after the other and tells how each ended: null, or its exception.</summary>
    public async Task<IReadOnlyList<Exception?>> CallAsync(int calls, HttpClient? client = null)
    {
        client ??= Client();
        var ends = new List<Exception?>();
        for (var call = 0; call < calls; call++)
        {
            ends.Add(await Record.ExceptionAsync(async () =>
            {
                using var response = await client.GetAsync("http://orders/").WithinHangLimit();
                response.EnsureSuccessStatusCode();
            }));
        }

        return ends;
    }

    public async ValueTask DisposeAsync()
    {
        await _services.DisposeAsync();
        Transport.Dispose();
    }
}
