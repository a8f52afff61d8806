using System.Text.Json.Nodes;
using MeshLib.TestKit;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace MeshLib.Consul.Tests;

/// <summary>What many tests of this project need.</summary>
internal static class TestConsul
{
    /// <summary>Options as the host would resolve them where nothing is set, before <paramref name="configure"/>.</summary>
    public static ConsulOptions Options(Action<ConsulOptions>? configure = null)
    {
        var options = new ConsulOptions();
        configure?.Invoke(options);
        new ConsulEnvironment(_ => null).Fill(options);
        return options;
    }

    public static ConsulClient Client(ScriptedConsul consul, Action<ConsulOptions>? configure = null)
    {
        var options = Options(o =>
        {
            o.Address = consul.Address;
            configure?.Invoke(o);
        });
        return new ConsulClient(new ConsulTransport(options, TimeProvider.System), options);
    }

    public static ILogger<T> Logger<T>(CapturedLogs logs) => LoggerFactory.Create(builder => builder.SetMinimumLevel(LogLevel.Trace).AddProvider(logs)).CreateLogger<T>();

    /// <summary>The services of a host that has nothing but discovery from Consul.</summary>
    public static ServiceProvider DiscoveryServices() => new ServiceCollection().AddConsulServiceEndpointProvider().BuildServiceProvider();

    public static string Rows(params JsonNode[] rows) => new JsonArray(rows).ToJsonString();

    public static JsonObject Row(string id, int port, string status = "passing", string service = "orders", string address = "10.0.0.1", JsonObject? meta = null, string node = "n1") =>
        ScriptedConsulCatalog.Row(service, id, address, port, status, meta, node);

    public static Task UntilAsync(Func<bool> condition) => Eventually.BecomesTrueAsync(condition);

    public static async Task UntilAsync(Func<Task<bool>> condition)
    {
        using var limit = new CancellationTokenSource(HangLimit.Default);
        while (!await condition())
        {
            await Task.Delay(TimeSpan.FromMilliseconds(2), TimeProvider.System, limit.Token);
        }
    }
}
