using System.Collections.Concurrent;
using MeshLib.TestKit;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace MeshLib.Consul.Tests;

/// <summary>A whole service in this process: Kestrel on loopback that answers its own name, registered in a real Consul with quick heartbeats.</summary>
internal sealed class RegisteredHost : IAsyncDisposable
{
    private readonly ConcurrentQueue<long> _calls;

    private RegisteredHost(WebApplication app, RecordedLogs logs, ConcurrentQueue<long> calls)
    {
        App = app;
        Logs = logs;
        _calls = calls;
    }

    public WebApplication App { get; }

    public RecordedLogs Logs { get; }

    /// <summary>When each call came, as timestamps of <see cref="TimeProvider.System"/>.</summary>
    public IReadOnlyCollection<long> Calls => _calls;

    public int Port => new Uri(App.Urls.First()).Port;

    /// <param name="consul">The agent's address.</param>
    /// <param name="service">The service's name.</param>
    /// <param name="port">The port to listen on; 0 for any.</param>
    /// <param name="address">The address to listen at.</param>
    /// <param name="answerAfter">How long each answer takes.</param>
    /// <param name="configure">Adds to the host.</param>
    /// <param name="settings">Further keys below <c>Mesh:</c>.</param>
    public static async Task<RegisteredHost> StartAsync(
        Uri consul, string service, int port = 0, string address = "127.0.0.1", TimeSpan answerAfter = default, Action<IServiceCollection>? configure = null, params (string Key, string Value)[] settings)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseUrls($"http://{address}:{port}");
        builder.Services.AddRoutingCore();
        (string Key, string Value)[] quick =
        [
            ("ServiceName", service), ("Consul:Address", consul.ToString()), ("Registration:Ttl", "00:00:01.5"), ("Registration:Heartbeat", "00:00:00.4"),
            ("Registration:DrainDelay", "00:00:00.3"),
        ];
        foreach (var (key, value) in quick.Concat(settings))
        {
            builder.Configuration["Mesh:" + key] = value;
        }

        builder.Services.AddSingleton<IMeshListenAddress, ServerListenAddress>();
        builder.Services.AddConsulRegistration();
        var logs = builder.Services.AddRecordedLogs();
        builder.Logging.SetMinimumLevel(LogLevel.Information);
        configure?.Invoke(builder.Services);

        var app = builder.Build();
        var calls = new ConcurrentQueue<long>();
        app.Run(async context =>
        {
            calls.Enqueue(TimeProvider.System.GetTimestamp());
            await Task.Delay(answerAfter, TimeProvider.System, CancellationToken.None);
            await context.Response.WriteAsync(app.Urls.First());
        });
        await app.StartAsync(TestContext.Current.CancellationToken);
        return new RegisteredHost(app, logs, calls);
    }

    /// <summary>Starts one that Consul is not told of.</summary>
    public static Task<RegisteredHost> UnlistedAsync(ConsulAgent consul, string address = "127.0.0.1") =>
        StartAsync(consul.Address, "unlisted", address: address, settings: ("Registration:Enabled", "false"));

    /// <summary>Starts one that is listed by hand, without a check.</summary>
    public static async Task<RegisteredHost> ListedAsync(ConsulAgent consul, string service, string id)
    {
        var host = await UnlistedAsync(consul);
        await consul.ListAsync(service, id, "127.0.0.1", host.Port);
        return host;
    }

    /// <summary>What a SIGTERM does.</summary>
    public Task StopAsync() => App.StopAsync(CancellationToken.None).WithinHangLimit();

    /// <summary>What others see of a SIGKILL: the port is closed and the heartbeats end, and nothing is said to anyone.</summary>
    public async Task KillAsync() => await App.DisposeAsync();

    public async ValueTask DisposeAsync() => await App.DisposeAsync();
}
